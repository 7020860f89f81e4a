package contest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/laurelhq/laurel/ent/db"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

const (
	// benchOpen and benchPast are the contests of a house that has run for years.
	benchOpen, benchPast = 200, 10_000
	// seedSlice is how many rows one statement makes.
	seedSlice = 500
)

// seed makes contests that are live, all day long on the first day, and contests that are final, one a day before it.
func seed(t testing.TB, s *store.Store, open, past int) {
	t.Helper()
	inTx(t, s, func(ctx context.Context, tx *store.Tx) error {
		client := tx.Ent()
		var definitions []*db.DefinitionCreate
		var contests []*db.ContestCreate
		add := func(id string, state laurelv1.ContestState, day time.Time) {
			end := day.AddDate(0, 0, 1)
			yaml := fmt.Sprintf("kind: Contest\nid: %s\nwindow: {start: %s, end: %[2]s}\nscope: {markets: [DE], providers: "+
				"[%[1]s]}\nleaderboard: {type: count}\n", id, day.Format(time.DateOnly))
			definitions = append(definitions, client.Definition.Create().SetKind("Contest").SetDefID(id).SetVersion(1).SetHash(id).SetYaml(yaml).
				SetPublishedAt(1).SetPublishedBy("seed"))
			row := client.Contest.Create().SetID(id).SetVersion(1).SetState(int(state)).SetStartTs(day.UnixMicro()).SetEndTs(end.UnixMicro()).
				SetGraceEndTs(end.Add(time.Minute).UnixMicro()).SetOpenSeq("0").SetChangedAt(1).SetRevision(1)
			if state == final {
				row.SetCloseSeq("1").SetResultHash(id).SetPlayers(1000).SetSummary(pastSummary(t, id, day, end))
			}
			contests = append(contests, row)
		}
		for i := range open {
			add(fmt.Sprintf("open_%d", i), live, windowStart.Truncate(24*time.Hour))
		}
		for i := range past {
			add(fmt.Sprintf("past_%d", i), final, windowStart.Truncate(24*time.Hour).AddDate(0, 0, -i-1))
		}
		for slice := range slices.Chunk(definitions, seedSlice) {
			require.NoError(t, client.Definition.CreateBulk(slice...).Exec(ctx))
		}
		for slice := range slices.Chunk(contests, seedSlice) {
			require.NoError(t, client.Contest.CreateBulk(slice...).Exec(ctx))
		}
		return client.Setting.Create().SetID("contest_revision").SetValue("1").Exec(ctx)
	})
}

func pastSummary(t testing.TB, id string, start, end time.Time) []byte {
	t.Helper()
	summary, err := proto.Marshal(&laurelv1.GetContestResponse{
		Contest: &laurelv1.ContestSummary{
			Id: id, Title: id, State: final, Start: timestamppb.New(start), End: timestamppb.New(end),
			GraceEnd: timestamppb.New(end.Add(time.Minute)), Tz: "UTC",
			Type: "count", Markets: []string{"DE"}, Tiebreaker: []string{"user_id"}, Precision: 2, Version: 1, DefinitionHash: id, Players: 1000,
			ResultHash: id,
		},
		Plan: &laurelv1.ContestPlan{Definition: &laurelv1.Contest{Scope: &laurelv1.Scope{Providers: []string{id}}}},
	})
	require.NoError(t, err)
	return summary
}

// each runs a benchmark on every dialect, on a database with 10 000 final contests and 200 live ones.
func each(b *testing.B, run func(b *testing.B, s *store.Store)) {
	b.Helper()
	for _, dialect := range storetest.Dialects {
		b.Run(string(dialect), func(b *testing.B) {
			s := storetest.Open(b, dialect)
			seed(b, s, benchOpen, benchPast)
			run(b, s)
		})
	}
}

// BenchmarkSync10kPast is a Sync after one contest of many has changed.
func BenchmarkSync10kPast(b *testing.B) {
	each(b, func(b *testing.B, s *store.Store) {
		p := begin(b, s, clockAt(0))
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			require.NoError(b, p.offer(b.Context(), fmt.Sprintf("kind: Contest\nid: new\ntitle: %d\nwindow: {start: 2026-10-25, end: "+
				"2026-10-25}\nleaderboard: {type: count}\n", i)))
			b.StartTimer()
			require.NoError(b, p.contests.Sync(b.Context()))
		}
	})
}

// BenchmarkSync10kPastFinal is a Sync after one contest has become final.
func BenchmarkSync10kPastFinal(b *testing.B) {
	each(b, func(b *testing.B, s *store.Store) {
		p := begin(b, s, clockAt(0))
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			require.NoError(b, p.offer(b.Context(), fmt.Sprintf("kind: Contest\nid: past_0\ntitle: %d\nwindow: {start: 2025-10-24, end: "+
				"2025-10-24}\nscope: {markets: [DE], providers: [past_0]}\nleaderboard: {type: count}\n", i)))
			b.StartTimer()
			require.NoError(b, p.contests.Sync(b.Context()))
		}
	})
}

// BenchmarkFirstSync10kPast is what a process does at its start.
func BenchmarkFirstSync10kPast(b *testing.B) {
	each(b, func(b *testing.B, s *store.Store) {
		c := clockAt(0)
		for b.Loop() {
			begin(b, s, c)
		}
	})
}

// BenchmarkStep10kPast is what the life-cycle worker does four times a second when nothing is due.
func BenchmarkStep10kPast(b *testing.B) {
	each(b, func(b *testing.B, s *store.Store) {
		p := begin(b, s, clockAt(0))
		for b.Loop() {
			require.NoError(b, p.contests.Step(b.Context()))
		}
	})
}

// BenchmarkMatch10kPast meets a live contest of 200, with 10 000 that are over, with an event of today and with one of last year.
func BenchmarkMatch10kPast(b *testing.B) {
	s := storetest.Open(b, store.SQLite)
	seed(b, s, benchOpen, benchPast)
	set := begin(b, s, clockAt(0)).contests.Set()
	for name, c := range map[string]struct {
		at   time.Time
		game string
		past int
	}{"today": {windowStart, "open_7", 0}, "last year": {windowStart.AddDate(-1, 0, 0), "past_364", 1}} {
		b.Run(name, func(b *testing.B) {
			e := &laurelv1.Event{Name: "round_end", Market: "DE", Brand: "X", Game: &laurelv1.Game{Provider: c.game},
				Round: &laurelv1.Round{State: "ended"}}
			ts := c.at.UnixMicro()
			require.Len(b, set.Past(e, ts), c.past)
			for b.Loop() {
				set.Match(e)
				set.Past(e, ts)
			}
		})
	}
}
