package load

import (
	"fmt"
	"slices"
	"sync"

	"github.com/zeebo/xxh3"
	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// cachedFrames is how many frames are remembered: a thousand sockets get the same few.
const cachedFrames = 32

type frameKind int

const (
	frameOther frameKind = iota
	frameSnapshot
	frameDelta
	frameError
)

// frame is what a run wants to know of a server's frame.
type frame struct {
	kind            frameKind
	epoch, revision int64
	// sightings are the probes' players whom the frame shows.
	sightings []sighting
	// users are the players of the rows, where the server names them.
	users []string
	text  string
}

// frameCache decodes each frame once, however many sockets get it.
type frameCache struct {
	mu     sync.Mutex
	hashes [cachedFrames]xxh3.Uint128
	frames [cachedFrames]frame
	next   int
}

func (c *frameCache) read(body []byte, parse func([]byte) (frame, error)) (frame, error) {
	hash := xxh3.Hash128(body)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, known := range c.hashes {
		if known == hash {
			return c.frames[i], nil
		}
	}
	parsed, err := parse(body)
	if err != nil {
		return frame{}, err
	}
	c.hashes[c.next], c.frames[c.next] = hash, parsed
	c.next = (c.next + 1) % cachedFrames
	return parsed, nil
}

// parse decodes a frame and finds the probes' players in it.
func (w *watchers) parse(body []byte) (frame, error) {
	var message laurelv1.ServerFrame
	if err := proto.Unmarshal(body, &message); err != nil {
		return frame{}, fmt.Errorf("read frame: %w", err)
	}
	var parsed frame
	var rows []*laurelv1.LeaderboardRow
	switch kind := message.Frame.(type) {
	case *laurelv1.ServerFrame_Snapshot:
		parsed = frame{kind: frameSnapshot, epoch: kind.Snapshot.GetEpoch(), revision: kind.Snapshot.GetRevision()}
		rows = kind.Snapshot.GetTop()
	case *laurelv1.ServerFrame_Delta:
		parsed = frame{kind: frameDelta, epoch: kind.Delta.GetEpoch(), revision: kind.Delta.GetRevision()}
		rows = kind.Delta.GetChanged()
	case *laurelv1.ServerFrame_Error:
		return frame{kind: frameError, text: kind.Error.GetCode() + ": " + kind.Error.GetMessage()}, nil
	default:
		return frame{kind: frameOther}, nil
	}
	for _, row := range rows {
		if row.GetUserId() != "" {
			parsed.users = append(parsed.users, row.GetUserId())
		}
		if player, known := w.playerOf(row); known {
			parsed.sightings = append(parsed.sightings, sighting{player: player, units: row.GetUnits()})
		}
	}
	return parsed, nil
}

// playerOf returns the number of the probes' player whose row it is. Rows with user ids tell the keys by which the others are known.
func (w *watchers) playerOf(row *laurelv1.LeaderboardRow) (player int, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if player = slices.Index(w.run.probes.users[:], row.GetUserId()); player >= 0 {
		w.players[row.GetPlayerKey()] = player
	}
	player, known = w.players[row.GetPlayerKey()]
	return player, known
}
