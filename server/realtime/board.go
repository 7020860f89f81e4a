package realtime

import (
	"fmt"

	"connectrpc.com/connect"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// defaultTop is the number of rows when a subscription names none.
const defaultTop = 10

// subscribeBoard starts to watch a contest's board, or changes how it is watched.
func (c *connection) subscribeBoard(at Channel, view *laurelv1.BoardView) {
	if _, published := c.hub.config.Contest(at.ID); !published {
		c.fail(at, connect.CodeNotFound, "channel.board.contest_id: there is no published contest of this id")
		return
	}
	old := c.watching(at)
	if limit := c.hub.config.Limits.Subscriptions; old < 0 && len(c.subscriptions) >= limit {
		c.fail(at, connect.CodeResourceExhausted, fmt.Sprintf("a connection may watch %d channels: unsubscribe from one first", limit))
		return
	}
	s := &subscription{connection: c, channel: at, around: int64(view.GetAround())}
	key := groupKey{top: int64(view.GetTop()), userIDs: c.viewer.SeesUserIDs}
	if key.top == 0 {
		key.top = defaultTop
	}
	if old >= 0 {
		c.hub.leave(c.subscriptions[old])
		c.subscriptions[old] = s
	} else {
		c.subscriptions = append(c.subscriptions, s)
	}
	c.hub.join(s, key)
}
