package journal_test

import (
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
