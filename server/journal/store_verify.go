package journal

import (
	"context"
	"fmt"

	"github.com/laurelhq/laurel/server/event"
)

// verifySlice is how many events or keys are compared at once.
const verifySlice = 500

// VerifyKeys compares the keys by which repeats are told with the events that are in the database, in slices, and tells each difference in
// words. Servers may run meanwhile.
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
	var last Identity
	for more := true; more; {
		var err error
		if last, more, err = j.verifyKeys(ctx, last, differs); err != nil {
			return fmt.Errorf("compare keys with their events: %w", err)
		}
	}
	return nil
}

// verifyEvents wants the key of each event. One that can't be decoded has no identity to look for.
func (j *Journal) verifyEvents(ctx context.Context, slice []Stored, differs func(text string)) error {
	entries, places := make([]Entry, 0, len(slice)), make([]int64, 0, len(slice))
	identities := make([]Identity, 0, len(slice))
	for i := range slice {
		decoded, err := event.Decode(slice[i].Body)
		if err != nil {
			continue
		}
		entry := EntryOf(decoded, event.ContentHash(decoded), nil)
		entry.TsMicros = slice[i].TsMicros
		entries, places = append(entries, entry), append(places, slice[i].Seq)
		identities = append(identities, Identity{Source: entry.Source, EventID: entry.EventID})
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
