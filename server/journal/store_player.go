package journal

import (
	"context"
	"fmt"
	"math"
	"strings"

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

// ofPlayerSQLite and ofPlayerRange begin the scan of each part of the index at the times; those of the last page's end that were shown are
// passed over. Parts that hold nothing are leapt over. See docs/decisions/0014.
const (
	ofPlayerSQLite = `WITH RECURSIVE part (number) AS (SELECT min(id) >> 12 FROM journal_event UNION ALL
		SELECT (SELECT min(id) >> 12 FROM journal_event WHERE id >= (number + 1) << 12) FROM part WHERE number IS NOT NULL)
	SELECT event_ts, id, partition, ingest_ts, body FROM part CROSS JOIN journal_event INDEXED BY journal_event_player ON id >> 12 =
		part.number WHERE ` + ofPlayerWanted
	ofPlayerRange = `(WITH RECURSIVE part (number) AS (SELECT min(id) >> %[3]d FROM journal_event WHERE id >= %[1]d AND id < %[2]d UNION ALL
		SELECT (SELECT min(id) >> %[3]d FROM journal_event WHERE id >= (number + 1) << %[3]d AND id >= %[1]d AND id < %[2]d)
		FROM part WHERE number IS NOT NULL)
	SELECT e.* FROM part CROSS JOIN LATERAL (SELECT event_ts, id, partition, ingest_ts, body FROM journal_event
		WHERE id >= %[1]d AND id < %[2]d AND id >> %[3]d = part.number AND ` + ofPlayerWanted + ") AS e)"
	ofPlayerWanted = "player = $1 AND event_ts >= $2 AND event_ts < $3 AND (event_ts > $4 OR id > $5)" + ofPlayerPage
	ofPlayerPage   = " ORDER BY event_ts, id LIMIT $6"
)

// ofPlayer is the query for a page of a player's events.
func (j *Journal) ofPlayer(ctx context.Context) (string, error) {
	if j.store.Dialect() == store.SQLite {
		return ofPlayerSQLite, nil
	}
	var each []string
	err := scanAll(ctx, j.store.Read(), "SELECT first, until, part_bits FROM journal_range "+
		"WHERE id NOT IN (SELECT range_id FROM journal_drop) ORDER BY id", func(scan func(...any) error) error {
		var r Range
		err := scan(&r.First, &r.Until, &r.partBits)
		each = append(each, fmt.Sprintf(ofPlayerRange, r.First, r.Until, r.partBits))
		return err
	})
	return strings.Join(each, " UNION ALL ") + ofPlayerPage, err
}

// OfPlayer returns a player's events by when they happened, those of the same moment by position, and the place behind which the next page
// begins; last tells that there is none. It is a scan of each part of an index. An event that can't be decoded is left out.
func (j *Journal) OfPlayer(ctx context.Context, wanted PlayerEvents) (records []Record, next Place, last bool, err error) {
	if wanted.To == 0 {
		wanted.To = math.MaxInt64
	}
	next = wanted.After
	rows := 0
	query, err := j.ofPlayer(ctx)
	if err != nil {
		return nil, Place{}, false, fmt.Errorf("read ranges of a player's events: %w", err)
	}
	err = scanAll(ctx, j.store.Read(), query, func(scan func(...any) error) error {
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
