package journal

import (
	"context"
	"fmt"
	"math"

	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/store"
)

// PlayerEvents is which events of a player are wanted, by when they happened: from From on and before To, in microseconds, behind a place,
// at most Limit. The zero value of To and After means any.
type PlayerEvents struct {
	UserID   string
	From, To int64
	After    Place
	Limit    int
}

// Place is where an event stands among those of its player.
type Place struct{ TsMicros, Seq int64 }

// ofPlayer begins the scan of the index at the times; those of the last page's end that were shown are passed over. On SQLite each part of
// the index is asked: see docs/decisions/0014.
var ofPlayer = map[store.Dialect]string{
	store.Postgres: "SELECT event_ts, id, partition, ingest_ts, body FROM journal_event WHERE " + ofPlayerWanted,
	store.SQLite: `WITH RECURSIVE part (number) AS (
		SELECT min(id) >> 12 FROM journal_event UNION ALL SELECT number + 1 FROM part WHERE number < (SELECT max(id) >> 12 FROM journal_event))
	SELECT event_ts, id, partition, ingest_ts, body FROM part CROSS JOIN journal_event INDEXED BY journal_event_player ON id >> 12 =
		part.number WHERE ` + ofPlayerWanted,
}

const ofPlayerWanted = "player = $1 AND event_ts >= $2 AND event_ts < $3 AND (event_ts > $4 OR id > $5) ORDER BY event_ts, id LIMIT $6"

// OfPlayer returns a player's events by when they happened, those of the same moment by position, and the place behind which the next page
// begins; last tells that there is none. It is one scan of an index, on SQLite one of each part of it. An event that can't be decoded is
// left out.
func (j *Journal) OfPlayer(ctx context.Context, wanted PlayerEvents) (records []Record, next Place, last bool, err error) {
	if wanted.To == 0 {
		wanted.To = math.MaxInt64
	}
	next = wanted.After
	rows := 0
	err = scanAll(ctx, j.store.Read(), ofPlayer[j.store.Dialect()], func(scan func(...any) error) error {
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
