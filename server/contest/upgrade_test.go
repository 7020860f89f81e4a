package contest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestDatabaseOfTheFirstVersionGoesOn brings a database of the first version up to date: its contests stand where they stood, and nothing
// of the journal is folded twice or left out.
func TestDatabaseOfTheFirstVersionGoesOn(t *testing.T) {
	t.Parallel()
	for _, dialect := range storetest.Dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			s := storetest.OpenBefore(t, dialect, "fold_program")
			fillFirstVersion(t, s)
			_, err := s.Migrate(t.Context())
			require.NoError(t, err)

			p := begin(t, s, clockAt(3_700))
			set := p.contests.Set()
			require.Equal(t, []int64{0, 1, 1, 1}, counted(set))
			require.Equal(t, journal.Uniform(p.journal.Partitions(), 3), set.Get("running").OpenSeq)
			require.Nil(t, set.Get("running").CloseSeq)
			require.Equal(t, journal.Uniform(p.journal.Partitions(), 41), set.Get("closed").CloseSeq)
			summary, ok := p.contests.Summary("over")
			require.True(t, ok)
			require.EqualValues(t, 2, summary.GetPlayers())
			require.Equal(t, "r", summary.GetResultHash())
			rows, players, closed, err := contest.FinalPage(t.Context(), s, "over", 0, 10, p.journal.Partitions())
			require.NoError(t, err)
			require.EqualValues(t, 2, players)
			require.EqualValues(t, 40, closed[0])
			require.Equal(t, "a", rows[0].UserID)

			share, err := p.journal.Join("test", true).Beat(t.Context())
			require.NoError(t, err)
			require.Len(t, share.Held, p.journal.Partitions())
			require.EqualValues(t, 42, share.Held[3].Cursor)
			require.Less(t, share.Held[3].Published, share.Held[3].Cursor, "boards may miss what was folded last")
			for _, table := range []string{"late_event", "dead_letter"} {
				var partition, seq int64
				require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT partition, seq FROM "+table).Scan(&partition, &seq))
				require.Equal(t, [2]int64{0, 7}, [2]int64{partition, seq}, table)
			}
			requireMoved(t, s, p.journal)
			_, err = s.Write().ExecContext(t.Context(), "DELETE FROM late_event")
			require.ErrorContains(t, err, "append-only", "a table that was built anew is guarded too")
		})
	}
}

// oldEvents are events as the first version has them.
func oldEvents() []*laurelv1.Event {
	one := &laurelv1.Event{
		EventId: "e", Name: "round_end", EventTs: timestamppb.New(windowStart), User: &laurelv1.User{Id: "a"},
		Device:  &laurelv1.Device{Ip: "192.0.2.1"},
		Payload: &structpb.Struct{Fields: map[string]*structpb.Value{"x": structpb.NewNumberValue(1)}},
	}
	return []*laurelv1.Event{one, {EventId: event.EmittedID(one, "", "b"), Name: "round_end", EventTs: one.EventTs,
		User: &laurelv1.User{Id: "b"}}}
}

// requireMoved requires the events of the first version where they stood, under their ids.
func requireMoved(t *testing.T, s *store.Store, j *journal.Journal) {
	t.Helper()
	records, _, err := j.Read(t.Context(), j.All(), journal.Uniform(j.Partitions(), 0), 10)
	require.NoError(t, err)
	require.Len(t, records, 3)
	for i, want := range oldEvents() {
		got, err := event.Decode(records[i].Body)
		require.NoError(t, err)
		require.Equal(t, []int64{int64(i) + 7, 5, 3}, []int64{records[i].Seq, records[i].IngestMicros, int64(records[i].Partition)})
		if i == 1 {
			want.Source = event.SourceLaurel
		}
		require.True(t, proto.Equal(want, got), "%v", got)
		body, hash := event.Content(nil, want)
		other := journal.EntryOf(want, [16]byte{1}, body)
		for _, again := range []struct {
			entry journal.Entry
			want  journal.Status
		}{{journal.EntryOf(want, hash, body), journal.Duplicate}, {other, journal.Conflict}} {
			statuses, err := j.Append(t.Context(), []journal.Entry{again.entry}, 6)
			require.NoError(t, err)
			require.Equal(t, []journal.Status{again.want}, statuses)
		}
	}
	require.Equal(t, []byte{0xff}, records[2].Body, "what can't be read stays as it was")
	conflicts, err := j.Conflicts(t.Context(), store.Listing{Limit: 10})
	require.NoError(t, err)
	require.Len(t, conflicts, 3)
	sent, err := event.Decode(conflicts[2].Sent)
	require.NoError(t, err)
	require.Equal(t, "c", sent.GetUser().GetId())
	for _, conflict := range conflicts {
		stored, err := event.Decode(conflict.Stored)
		require.NoError(t, err)
		require.Equal(t, conflict.EventID, stored.GetEventId(), "beside the event that has the id")
	}
	var tables int
	exists := map[store.Dialect]string{store.SQLite: "sqlite_master WHERE name", store.Postgres: "pg_class WHERE relname"}
	require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM "+exists[s.Dialect()]+" = 'journal_event_old'").
		Scan(&tables))
	require.Zero(t, tables)
}

// fillFirstVersion fills the schema of the first version, whose positions were single numbers and whose processes had a lease on each
// partition, with a contest in each state that it may be met in.
func fillFirstVersion(t *testing.T, s *store.Store) {
	t.Helper()
	start := windowStart.UnixMicro()
	end := start + 3600*1_000_000
	statements := []string{
		"INSERT INTO setting (id, value) VALUES ('contest_revision', '9')",
		"INSERT INTO late_event (seq, contest_id, event_id, user_id, reason, decided_at) VALUES (7, 'over', 'e', 'a', 'after_close', 1)",
		"INSERT INTO dead_letter (seq, event_id, stage, subject, reason, failed_at) VALUES (7, 'e', 'rule', 'over', 'why', 1)",
	}
	for id, place := range map[string]string{"running": "2, %d, %d, %d, 3, NULL, '', 0", "closed": "3, %d, %d, %d, 0, 41, '', 0",
		"over": "4, %d, %d, %d, 0, 40, 'r', 2"} {
		statements = append(statements,
			fmt.Sprintf("INSERT INTO definition (kind, def_id, version, hash, yaml, published_at, published_by) VALUES ('Contest', '%[1]s', 1, "+
				"'%[1]s', '%[2]s', 1, 'test')", id, sprint(id)),
			fmt.Sprintf("INSERT INTO contest (id, version, state, start_ts, end_ts, grace_end_ts, open_seq, close_seq, result_hash, players, "+
				"changed_at) VALUES ('%s', 1, "+place+", 1)",
				id, start, end, end+60*1_000_000))
	}
	for partition := range journal.DefaultPartitions {
		statements = append(statements, fmt.Sprintf("INSERT INTO journal_partition (id, owner, epoch, lease_until, cursor) VALUES (%d, "+
			"'host/1', 5, %d, 42)", partition, end))
	}
	_, err := s.Write().ExecContext(t.Context(), "INSERT INTO final_standing (contest_id, place, user_id, units, tie) VALUES ('over', 1, "+
		"'a', 5, $1), ('over', 2, 'b', 4, $1)", []byte{})
	require.NoError(t, err)
	for _, statement := range statements {
		_, err := s.Write().ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	const insert = "INSERT INTO journal_event (id, partition, event_id, content_hash, ingest_ts, body) VALUES ($1, 3, $2, $3, 5, $4)"
	for i, e := range oldEvents() {
		body, err := proto.Marshal(e)
		require.NoError(t, err)
		_, err = s.Write().ExecContext(t.Context(), insert, 7+i, e.GetEventId(), make([]byte, 16), body)
		require.NoError(t, err)
	}
	_, err = s.Write().ExecContext(t.Context(), insert, 9, "broken", make([]byte, 16), []byte{0xff})
	require.NoError(t, err)
	sent, err := proto.Marshal(&laurelv1.Event{EventId: "e", User: &laurelv1.User{Id: "c"}})
	require.NoError(t, err)
	_, err = s.Write().ExecContext(t.Context(),
		"INSERT INTO event_conflict (event_id, content_hash, body, refused_at) VALUES ('e', $1, $2, 5)", make([]byte, 16), sent)
	require.NoError(t, err)
}
