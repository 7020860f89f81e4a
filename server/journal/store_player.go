package journal

import (
	"context"
	"fmt"
	"math"

	"github.com/laurelhq/laurel/server/event"
)

// PlayerEvents is which events of a player are wanted, by when they happened: from From on and before To, in microseconds, behind a place, at most Limit. The zero
// value of To and After means any.
type PlayerEvents struct {
	UserID   string
	From, To int64
	After    Place
	Limit    int
}

// Place is where an event stands among those of its player.
type Place struct{ TsMicros, Seq int64 }

// ofPlayer begins the scan of the index at the times; those of the last page's end that were shown are passed over.
const ofPlayer = `SELECT event_ts, id, partition, ingest_ts, body FROM journal_event
	WHERE player = $1 AND event_ts >= $2 AND event_ts < $3 AND (event_ts > $4 OR id > $5) ORDER BY event_ts, id LIMIT $6`

// OfPlayer returns a player's events by when they happened, those of the same moment by position, and the place behind which the next page begins; last tells that
// there is none. It is one scan of an index. An event that can't be decoded is left out.
func (j *Journal) OfPlayer(ctx context.Context, wanted PlayerEvents) (records []Record, next Place, last bool, err error) {
	if wanted.To == 0 {
		wanted.To = math.MaxInt64
	}
	next = wanted.After
	rows := 0
	err = scanAll(ctx, j.store.Read(), ofPlayer, func(scan func(...any) error) error {
		var r Record
		if err := scan(&next.TsMicros, &r.Seq, &r.Partition, &r.IngestMicros, &r.Body); err != nil {
			return err
		}
		rows, next.Seq = rows+1, r.Seq
		if e, err := event.Decode(r.Body); err == nil && e.GetUser().GetId() == wanted.UserID { // another player may have the same number
			records = append(records, r)
		}
		return nil
	}, playerOf(wanted.UserID), max(wanted.From, wanted.After.TsMicros), wanted.To, wanted.After.TsMicros, wanted.After.Seq, wanted.Limit)
	if err != nil {
		return nil, Place{}, false, fmt.Errorf("read events of a player: %w", err)
	}
	return records, next, rows < wanted.Limit, nil
}
