package event_test

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestStoredBytesStay pins what the journal holds of some events, and their hashes: an event that is sent again must be found to be the
// same after every upgrade.
func TestStoredBytesStay(t *testing.T) {
	t.Parallel()
	golden := filepath.Join("testdata", "content.golden")
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	played := match()
	require.Nil(t, registry(t).Normalise(played, now, futureLimit))
	seen := event.Observation{ContestID: "c", UserID: "u", Snapshot: 7, Place: 3, Units: 1 << 53, Market: "DE", Brand: "X",
		At: now.Add(time.Microsecond)}
	var got strings.Builder
	for _, each := range []struct {
		name string
		e    *laurelv1.Event
	}{
		{"nothing", &laurelv1.Event{}},
		{"every field", pinned(t, string(want), "every field")},
		{"game", accepted(t, "event-game.json")},
		{"wallet", accepted(t, "event-wallet.json")},
		{"match", played},
		{"part in a match", event.Deliver(played, 1)},
		{"observation", seen.Event()},
	} {
		body, hash := event.Content(nil, each.e)
		fmt.Fprintf(&got, "%s\n%s\n%s\n", each.name, hex.EncodeToString(hash[:]), hex.EncodeToString(body))
	}
	if *update {
		want = []byte(got.String())
		require.NoError(t, os.WriteFile(golden, want, 0o600))
	}
	require.Equal(t, string(want), got.String())
}

// pinned is an event of the golden file: every field is every one that there was when it was written.
func pinned(t testing.TB, golden, name string) *laurelv1.Event {
	t.Helper()
	_, rest, found := strings.Cut(golden, name+"\n")
	require.True(t, found)
	body, err := hex.DecodeString(strings.Split(rest, "\n")[1])
	require.NoError(t, err)
	e, err := event.Decode(body)
	require.NoError(t, err)
	return e
}

// accepted is an example event as the journal gets it.
func accepted(t testing.TB, name string) *laurelv1.Event {
	t.Helper()
	e := decodeOne(t, string(example(t, name)))
	require.Nil(t, registry(t).Normalise(e, now, futureLimit))
	return e
}
