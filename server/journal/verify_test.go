package journal_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestChangedKeysAreFound changes one key in each way.
func TestChangedKeysAreFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, err := journal.Open(t.Context(), s, 0)
		require.NoError(t, err)
		entries := make([]journal.Entry, 1200)
		for i := range entries {
			e := &laurelv1.Event{EventId: fmt.Sprint("e", i), Source: "shop", User: &laurelv1.User{Id: fmt.Sprint("u", i%7)}}
			body, hash := event.Content(nil, e)
			entries[i] = journal.EntryOf(e, hash, body)
		}
		for i := 0; i < len(entries); i += 400 {
			_, err = j.Append(t.Context(), entries[i:i+400], 1)
			require.NoError(t, err)
		}
		verify := func() string {
			var found []string
			require.NoError(t, j.VerifyKeys(t.Context(), func(text string) { found = append(found, text) }))
			return strings.Join(found, "\n")
		}
		require.Empty(t, verify())
		hash := "x'00000000000000000000000000000001'"
		if s.Dialect() == store.Postgres {
			hash = "'00000000-0000-0000-0000-000000000001'"
		}
		for _, statement := range []string{
			"UPDATE event_key SET content_hash = " + hash + " WHERE event_id = 'e5'",
			"UPDATE event_key SET seq = seq + 100000 WHERE event_id = 'e700'",
			"DELETE FROM event_key WHERE event_id = 'e1199'",
		} {
			_, err := s.Write().ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		found := verify()
		require.Len(t, strings.Split(found, "\n"), 4, found)
		require.Contains(t, found, `the key of event "e5" of source "shop" has another hash than the event`)
		require.Contains(t, found, `the key of event "e700" of source "shop" names position`)
		require.Contains(t, found, `the key of event "e700" of source "shop" is there, and the event is not`)
		require.Contains(t, found, `event "e1199" of source "shop" has no key`)
	})
}

// unguarded are the statements that let rows of the journal be changed by hand.
var unguarded = map[store.Dialect]string{
	store.SQLite: "DROP TRIGGER journal_event_no_update",
	store.Postgres: `DO $$ DECLARE part regclass; BEGIN FOR part IN SELECT tgrelid FROM pg_trigger WHERE tgname = 'journal_event_append_only'
		LOOP EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', part); END LOOP; END $$`,
}

// TestEveryChangedByteOfAnEventIsFound changes each byte of an event and of its key's hash, one after the other. An event that was buried
// since it never could be read is none.
func TestEveryChangedByteOfAnEventIsFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j, err := journal.Open(t.Context(), s, 0)
		require.NoError(t, err)
		e := &laurelv1.Event{
			EventId: "e", Source: "shop", User: &laurelv1.User{Id: "u"}, Market: "DE", SessionId: "s",
			Device: &laurelv1.Device{Ip: "10.0.0.1"},
		}
		body, hash := event.Content(nil, e)
		poison := journal.Entry{EventID: "p", UserID: "p", Body: []byte{9, 9}}
		_, err = j.Append(t.Context(), []journal.Entry{journal.EntryOf(e, hash, body), poison}, 1)
		require.NoError(t, err)
		exec := func(statement string, args ...any) {
			_, err := s.Write().ExecContext(t.Context(), statement, args...)
			require.NoError(t, err)
		}
		found := func() (texts []string) {
			require.NoError(t, j.VerifyKeys(t.Context(), func(text string) { texts = append(texts, text) }))
			return texts
		}
		require.Len(t, found(), 1)
		require.Contains(t, found()[0], "the event can't be read: the stored event has codec 9, want 1")
		exec("INSERT INTO dead_letter (seq, partition, event_id, stage, subject, reason, failed_at) SELECT seq, 0, 'p', 'fold', '', 'x', 1 " +
			"FROM event_key WHERE event_id = 'p'")
		require.Empty(t, found())
		exec(unguarded[s.Dialect()])
		const change = "UPDATE journal_event SET body = $1 WHERE id = (SELECT seq FROM event_key WHERE event_id = 'e')"
		for i := range body {
			for bit := range 8 {
				changed := bytes.Clone(body)
				changed[i] ^= 1 << bit
				exec(change, changed)
				require.NotEmpty(t, found(), "byte %d, bit %d of %q", i, bit, body)
			}
		}
		exec(change, body)
		require.Empty(t, found())
		for i := range hash {
			changed := any(append(bytes.Clone(hash[:i]), append([]byte{hash[i] ^ 1}, hash[i+1:]...)...))
			if s.Dialect() == store.Postgres {
				changed = fmt.Sprintf("%x", changed)
			}
			exec("UPDATE event_key SET content_hash = $1 WHERE event_id = 'e'", changed)
			require.Len(t, found(), 1, "byte %d of the hash", i)
		}
	})
}
