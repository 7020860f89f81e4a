package main

import (
	"context"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
)

// TestIngestTellsSourcesOfAnArchiveApart has an archive in which two sources have the same ids.
func TestIngestTellsSourcesOfAnArchiveApart(t *testing.T) {
	t.Parallel()
	var stored []journal.Stored
	for i, source := range []string{"", "slots", "slots"} {
		body, _ := event.Content(nil, &laurelv1.Event{EventId: "e" + string(rune('1'+i/2)), Source: source, Name: "login",
			EventTs: timestamppb.New(time.Unix(1_700_000_000, 0)), User: &laurelv1.User{Id: "u"}})
		stored = append(stored, journal.Stored{Record: journal.Record{Seq: int64(i + 1), Body: body}})
	}
	written, err := (&archive.Writer{Folder: t.TempDir()}).Write(t.Context(), journal.Range{ID: 1, Until: 10},
		func(context.Context) iter.Seq2[journal.Stored, error] {
			return func(yield func(journal.Stored, error) bool) {
				for _, one := range stored {
					if !yield(one, nil) {
						return
					}
				}
			}
		})
	require.NoError(t, err)
	file := filepath.Join(written.Folder, written.Manifest.Files[0].Name)

	server, url := receive(t, nil)
	_, err = runIngest(t.Context(), t, "--url="+url, file)
	require.ErrorContains(t, err, "has events of several sources: main (1 events), slots (2 events)")
	require.ErrorContains(t, err, "--source NAME")
	_, err = runIngest(t.Context(), t, "--url="+url, "--source=slot", file)
	require.ErrorContains(t, err, `but is "slot"; it has main (1 events), slots (2 events)`)
	require.Zero(t, server.calls)

	printed, err := runIngest(t.Context(), t, "--url="+url, "--source=slots", file)
	require.NoError(t, err)
	require.Contains(t, printed, "2 events accepted")
	require.Contains(t, printed, "1 of the source main")
	require.Equal(t, []string{"e1", "e2"}, server.ids)
	_, err = runIngest(t.Context(), t, "--url="+url, "--source=slots", jsonlOf(t, 1))
	require.ErrorContains(t, err, "--source picks events of an archive")
}
