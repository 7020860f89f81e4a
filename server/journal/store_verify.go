package journal

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/store"
)

// verifySlice is how many events or keys are compared at once.
const verifySlice = 500

// VerifyKeys compares the events that are in the database with what else their rows say and with the keys by which repeats are told, in
// slices, and tells each difference in words. Servers may run meanwhile.
func (j *Journal) VerifyKeys(ctx context.Context, differs func(text string)) error {
	slice := make([]Stored, 0, verifySlice)
	for e, err := range j.Between(ctx, 0, endless) {
		if err != nil {
			return err
		}
		if slice = append(slice, e); len(slice) == verifySlice {
			if err := j.verifyEvents(ctx, slice, differs); err != nil {
				return fmt.Errorf("compare events with their keys: %w", err)
			}
			slice = slice[:0]
		}
	}
	if err := j.verifyEvents(ctx, slice, differs); err != nil {
		return fmt.Errorf("compare events with their keys: %w", err)
	}
	if err := j.verifyFloor(ctx, differs); err != nil {
		return err
	}
	var last Identity
	for more := true; more; {
		var err error
		if last, more, err = j.verifyKeys(ctx, last, differs); err != nil {
			return fmt.Errorf("compare keys with their events: %w", err)
		}
	}
	return nil
}

// verifyEvents wants each event readable, in the form that the journal writes, with columns that say what it says, and its key.
func (j *Journal) verifyEvents(ctx context.Context, slice []Stored, differs func(text string)) error {
	entries, places := make([]Entry, 0, len(slice)), make([]int64, 0, len(slice))
	identities := make([]Identity, 0, len(slice))
	unread := map[int64]error{}
	for i := range slice {
		decoded, err := event.Decode(slice[i].Body)
		if err != nil {
			unread[slice[i].Seq] = err
			continue
		}
		body, hash := event.Content(nil, decoded)
		entry := EntryOf(decoded, hash, body)
		if text := j.compare(&slice[i], &entry); text != "" {
			differs(fmt.Sprintf("position %d: event %q of source %q %s", slice[i].Seq, entry.EventID, entry.Source, text))
		}
		entry.TsMicros = slice[i].TsMicros
		entries, places = append(entries, entry), append(places, slice[i].Seq)
		identities = append(identities, entry.Identity())
	}
	if err := j.verifyUnread(ctx, unread, differs); err != nil {
		return err
	}
	keys, err := j.stored(ctx, identities)
	if err != nil {
		return err
	}
	horizon, err := j.HorizonNow(ctx) // keys go after the floor was raised
	if err != nil {
		return err
	}
	for i, identity := range identities {
		key, ok := keys[identity]
		switch {
		case !ok && entries[i].TsMicros < horizon.FloorMicros && !event.IsHistory(identity.Source):
		case !ok:
			differs(fmt.Sprintf("position %d: event %q of source %q has no key, so a repeat of it would count", places[i], identity.EventID,
				identity.Source))
		case key.seq != places[i]:
			differs(fmt.Sprintf("position %d: the key of event %q of source %q names position %d", places[i], identity.EventID, identity.Source,
				key.seq))
		case key.hash != entries[i].ContentHash:
			differs(fmt.Sprintf("position %d: the key of event %q of source %q has another hash than the event", places[i], identity.EventID,
				identity.Source))
		}
	}
	return nil
}

// compare says how a row differs from the one that its event would be stored as, or nothing. Of when it arrived nothing else tells.
func (j *Journal) compare(row *Stored, want *Entry) string {
	switch partition := PartitionOf(want.UserID, j.partitions); {
	case row.Partition != partition:
		return fmt.Sprintf("is in partition %d, and its player is in %d", row.Partition, partition)
	case row.Player != playerOf(want.UserID):
		return "is not among those of its player"
	case row.TsMicros != want.TsMicros:
		return fmt.Sprintf("is listed as of %s, and says %s", instant(row.TsMicros), instant(want.TsMicros))
	case !bytes.Equal(row.Body, want.Body):
		return "is stored in another form than the journal writes"
	default:
		return ""
	}
}

func instant(micros int64) string { return time.UnixMicro(micros).UTC().Format(time.RFC3339Nano) }

// verifyUnread tells of events that can't be read, by their positions, and weren't when they were folded.
func (j *Journal) verifyUnread(ctx context.Context, unread map[int64]error, differs func(text string)) error {
	if len(unread) == 0 {
		return nil
	}
	positions := slices.Sorted(maps.Keys(unread))
	list := make([]string, len(positions))
	for i, position := range positions {
		list[i] = strconv.FormatInt(position, 10)
	}
	err := scanAll(ctx, j.store.Read(), "SELECT seq FROM dead_letter WHERE subject = '' AND seq IN ("+strings.Join(list, ",")+")",
		func(scan func(...any) error) error {
			var seq int64
			err := scan(&seq)
			delete(unread, seq)
			return err
		})
	for _, position := range positions {
		if why, ok := unread[position]; ok {
			differs(fmt.Sprintf("position %d: the event can't be read: %s", position, why))
		}
	}
	return err
}

// verifyKeys wants the events of some keys behind one, unless they were dropped.
func (j *Journal) verifyKeys(ctx context.Context, after Identity, differs func(text string)) (last Identity, more bool, err error) {
	lone := map[Identity]int64{}
	count := 0
	err = scanAll(ctx, j.store.Read(), `SELECT source, event_id, seq, EXISTS (SELECT 1 FROM journal_event WHERE id = event_key.seq) FROM event_key
		WHERE (source, event_id) > ($1, $2) ORDER BY source, event_id LIMIT $3`, func(scan func(...any) error) error {
		var seq int64
		var there bool
		err := scan(&last.Source, &last.EventID, &seq, &there)
		if count++; !there {
			lone[last] = seq
		}
		return err
	}, after.Source, after.EventID, verifySlice)
	if err != nil || len(lone) == 0 {
		return last, count == verifySlice, err
	}
	ranges, err := j.Ranges(ctx)
	if err != nil {
		return last, false, err
	}
	for _, r := range ranges {
		for identity, seq := range lone {
			if r.Dropped == nil && r.First <= seq && seq < r.Until {
				differs(fmt.Sprintf("position %d: the key of event %q of source %q is there, and the event is not", seq, identity.EventID,
					identity.Source))
			}
		}
	}
	return last, count == verifySlice, nil
}

// leastHorizon is the shortest horizon that can be chosen: no floor lies above it.
const leastHorizon = 24 * time.Hour

// verifyFloor wants no floor that no horizon could have raised. One that is too low shows by events without keys.
func (j *Journal) verifyFloor(ctx context.Context, differs func(text string)) error {
	horizon, err := j.HorizonNow(ctx)
	if err != nil {
		return err
	}
	now, err := j.store.Now(ctx)
	if err == nil && horizon.FloorMicros > now.Add(-leastHorizon).UnixMicro() {
		differs(fmt.Sprintf("the floor, below which no event comes in, is %s, and lies a day before now at most", instant(horizon.FloorMicros)))
	}
	return err
}

// VerifyRanges compares what is noted of ranges with each other and, on Postgres, with the tables that the journal is made of, and tells
// each difference in words.
func (j *Journal) VerifyRanges(ctx context.Context, differs func(text string)) error {
	list, err := j.Ranges(ctx)
	if err != nil {
		return err
	}
	for i, r := range list {
		if int64(i+1) != r.ID || r.First >= r.Until {
			differs(fmt.Sprintf("range %d, positions %d to %d, does not follow the one before it", r.ID, r.First, r.Until-1))
		}
		for _, a := range r.Archives {
			if a.Events > 0 && (a.FirstSeq < r.First || a.LastSeq >= r.Until) {
				differs(fmt.Sprintf("range %d has positions %d to %d, and its archive with the manifest %s %d to %d", r.ID, r.First, r.Until-1,
					a.ManifestHash, a.FirstSeq, a.LastSeq))
			}
		}
	}
	if j.store.Dialect() == store.Postgres {
		err = j.verifyTables(ctx, differs)
	}
	return err
}

// rangeTables finds the ranges whose tables don't take their positions, or are there after a drop, and tables of no range. One statement
// sees both as they were at one moment. The first range has no lower end.
const rangeTables = `SELECT coalesce(t.name, format('journal_event_%s', r.id)), coalesce(r.bounds, 'of no range'),
		coalesce(t.bounds, 'not there')
	FROM (SELECT id, format('FOR VALUES FROM (%s) TO (%L)', CASE WHEN id = 1 THEN 'MINVALUE' ELSE format('%L', first) END, until)
			AS bounds FROM journal_range WHERE id NOT IN (SELECT range_id FROM journal_drop)) AS r
	FULL JOIN (SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds FROM pg_inherits AS i JOIN pg_class AS c
			ON c.oid = i.inhrelid WHERE i.inhparent = 'journal_event'::regclass) AS t ON t.name = format('journal_event_%s', r.id)
	WHERE r.bounds IS DISTINCT FROM t.bounds`

// verifyTables wants the table of each range that was not dropped to take its positions, and no other table.
func (j *Journal) verifyTables(ctx context.Context, differs func(text string)) error {
	err := scanAll(ctx, j.store.Read(), rangeTables, func(scan func(...any) error) error {
		var table, want, bounds string
		err := scan(&table, &want, &bounds)
		differs(fmt.Sprintf("table %s must be %s, and is %s", table, want, bounds))
		return err
	})
	if err != nil {
		return fmt.Errorf("compare ranges with their tables: %w", err)
	}
	return nil
}
