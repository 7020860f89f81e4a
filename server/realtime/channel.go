package realtime

import laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"

// Kind is what sort of thing a channel shows. Another kind is a constant here, a case in channelOf, message, subscribe and update, and a
// file of its own with what those two do for it, as board.go is for boards.
type Kind string

// KindBoard is the board of a contest; the channel's id is the contest's.
const KindBoard Kind = "board"

// Channel is what can be watched, as the key by which hubs know it. The zero value stands for every channel.
type Channel struct {
	Kind Kind   `json:"k,omitempty"`
	ID   string `json:"c,omitempty"`
}

// Board is the channel of a contest's board.
func Board(contestID string) Channel { return Channel{Kind: KindBoard, ID: contestID} }

// channelOf reads the channel that a client names. The rules of its frames let no other case through.
func channelOf(named *laurelv1.Channel) Channel {
	return Board(named.GetBoard().GetContestId())
}

// message is the channel as clients know it; nil for the zero value.
func (c Channel) message() *laurelv1.Channel {
	switch c.Kind {
	case KindBoard:
		return &laurelv1.Channel{Channel: &laurelv1.Channel_Board{Board: &laurelv1.BoardChannel{ContestId: c.ID}}}
	default:
		return nil
	}
}
