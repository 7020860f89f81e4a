package mapping

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
)

// archived writes events as the journal has them to a file of an archive.
func archived(t *testing.T, bodies ...[]byte) *os.File {
	t.Helper()
	w := archive.Writer{Folder: t.TempDir()}
	a, err := w.Write(t.Context(), journal.Range{ID: 1, Until: 10_000}, func(context.Context) iter.Seq2[journal.Stored, error] {
		return func(yield func(journal.Stored, error) bool) {
			for i, body := range bodies {
				if !yield(journal.Stored{Record: journal.Record{Seq: int64(i + 1), Body: body}}, nil) {
					return
				}
			}
		}
	})
	require.NoError(t, err)
	path := filepath.Join(a.Folder, a.Manifest.Files[0].Name)
	require.True(t, archive.IsEvents(path))
	file, err := os.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	return file
}

func unitsFrom(t *testing.T, file io.ReadSeeker, from Position) (units []Unit) {
	t.Helper()
	source, err := OpenArchived(file, from)
	require.NoError(t, err)
	for {
		unit, err := source.Next()
		if errors.Is(err, io.EOF) {
			return units
		}
		require.NoError(t, err)
		units = append(units, unit)
	}
}

func TestArchivedEventsAreSentAsTheyWere(t *testing.T) {
	t.Parallel()
	sent := &laurelv1.Event{EventId: "a", Source: "studio", Name: "round_end", EventTs: timestamppb.New(time.Unix(1, 0)),
		User: &laurelv1.User{Id: "u"}, Device: &laurelv1.Device{Ip: "192.0.2.1"}}
	emitted := &laurelv1.Event{EventId: event.EmittedID(sent, "", "v"), Source: event.SourceLaurel, Name: "round_end",
		User: &laurelv1.User{Id: "v"}}
	bodies := make([][]byte, 0, 3)
	for _, e := range []*laurelv1.Event{sent, emitted} {
		body, _ := event.Content(nil, e)
		bodies = append(bodies, body)
	}
	file := archived(t, append(bodies, []byte("broken"))...)
	units := unitsFrom(t, file, Position{})
	require.Len(t, units, 3)
	sent.Source = "" // whose it is says the key by which it is sent again
	require.True(t, proto.Equal(sent, units[0].Event), "%v", units[0].Event)
	require.EqualValues(t, 1, units[0].Taken)
	require.Nil(t, units[1].Event)
	require.Equal(t, map[string]int64{emittedReason: 1}, units[1].Refused)
	require.EqualValues(t, 1, units[2].Unreadable)
	require.ErrorContains(t, units[2].Problem, "position 3 of the journal can't be decoded")
	var tally Tally
	for _, unit := range units {
		tally.Add(unit, laurelv1.EventStatus_EVENT_STATUS_ACCEPTED, "", "")
	}
	require.NoError(t, tally.Balance())
	require.EqualValues(t, 3, tally.Rows)
}

// TestArchivedEventsGoOnFromAnyPlace stops behind each event and reads on.
func TestArchivedEventsGoOnFromAnyPlace(t *testing.T) {
	t.Parallel()
	var bodies [][]byte
	for i := range 50 {
		body, _ := event.Content(nil, &laurelv1.Event{EventId: fmt.Sprint(i), User: &laurelv1.User{Id: "u"}})
		bodies = append(bodies, body)
	}
	file := archived(t, bodies...)
	all := unitsFrom(t, file, Position{})
	require.Len(t, all, len(bodies))
	for i, unit := range all {
		rest := unitsFrom(t, file, unit.End)
		require.Len(t, rest, len(all)-i-1)
		if len(rest) > 0 {
			require.Equal(t, all[i+1].EventID, rest[0].EventID)
			require.Equal(t, all[i+1].First, rest[0].First)
		}
	}
	_, err := OpenArchived(file, Position{Line: 1000})
	require.ErrorContains(t, err, "go to event 1000")
}

// TestArchivedEventsOfOneSource counts the sources of a file, and reads those of one of them. Emitted events are of none.
func TestArchivedEventsOfOneSource(t *testing.T) {
	t.Parallel()
	var bodies [][]byte
	for _, e := range []*laurelv1.Event{{EventId: "1"}, {EventId: "1", Source: "b"}, {EventId: "2", Source: "b"},
		{EventId: event.ReservedPrefix + "3", Source: event.SourceLaurel}} {
		body, _ := event.Content(nil, e)
		bodies = append(bodies, body)
	}
	file := archived(t, bodies...)
	sources, err := ArchivedSources(file)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{event.SourceMain: 1, "b": 2}, sources)
	for only, want := range map[string]string{"": "1 1 2 ", event.SourceMain: "1 ", "b": "1 2 "} {
		events, err := OpenArchived(file, Position{})
		require.NoError(t, err)
		events.Only = only
		sent, skipped := "", map[string]int64{}
		for range bodies {
			unit, err := events.Next()
			require.NoError(t, err)
			if unit.Event != nil {
				sent += unit.EventID + " "
			}
			for reason, rows := range unit.Refused {
				skipped[reason] += rows
			}
		}
		require.Equal(t, want, sent)
		if only == event.SourceMain {
			require.Equal(t, map[string]int64{"of the source b": 2, emittedReason: 1}, skipped)
		}
	}
}

// TestAFileOfWhichNothingIsReadIsGivenUp reads empty events, which the size of a packed file does not bound, with and without a good one
// among them.
func TestAFileOfWhichNothingIsReadIsGivenUp(t *testing.T) {
	t.Parallel()
	good, _ := event.Content(nil, &laurelv1.Event{EventId: "a", User: &laurelv1.User{Id: "u"}})
	bodies := make([][]byte, 2500)
	bodies[700] = good
	source, err := OpenArchived(archived(t, bodies...), Position{})
	require.NoError(t, err)
	rows := 0
	for err == nil {
		if _, err = source.Next(); err == nil {
			rows++
		}
	}
	require.Equal(t, 701+maxUnreadable, rows)
	require.ErrorContains(t, err, "event 1702: the 1000 events before it can't be decoded, so the file is given up")
}
