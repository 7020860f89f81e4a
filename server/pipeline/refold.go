package pipeline

import (
	"bytes"
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/rule"
	"github.com/laurelhq/laurel/server/store"
)

// Refold folds the whole journal into fresh standings of one contest, by the same functions as the pipeline, and compares them with
// the stored ones. It returns how many players there are and the first difference in words. Nothing may be folded meanwhile. A contest that was
// scored by several versions is folded by the newest one, and what that changed shows as differences.
func Refold(ctx context.Context, s *store.Store, j *journal.Journal, c *contest.Live) (players int64, difference string, err error) {
	fresh := map[string]*contest.Standing{}
	partitions := make([]int, j.Partitions())
	for i := range partitions {
		partitions[i] = i
	}
	for after := c.OpenSeq; ; {
		records, err := j.Read(ctx, partitions, after, DefaultBatch)
		if err != nil {
			return 0, "", err
		}
		if len(records) == 0 {
			break
		}
		for i := range records {
			refoldOne(fresh, c, &records[i])
		}
		after = records[len(records)-1].Seq
	}
	difference, err = compareStandings(ctx, s, c, fresh)
	return int64(len(fresh)), difference, err
}

func refoldOne(fresh map[string]*contest.Standing, c *contest.Live, record *journal.Record) {
	e := &laurelv1.Event{}
	if proto.Unmarshal(record.Body, e) != nil || !c.InWindow(event.TsMicros(e)) || (c.CloseSeq != 0 && record.Seq > c.CloseSeq) {
		return
	}
	round, outcome, err := c.Program.Score(e)
	if err != nil || outcome != rule.Counted {
		return
	}
	standing := fresh[e.GetUser().GetId()]
	if standing == nil {
		standing = &contest.Standing{}
	}
	verdict, err := c.Fold(standing, contest.Round{
		Units: round.Units, MultiplierMicros: round.MultiplierMicros, DurationMillis: round.DurationMillis, TsMicros: round.TsMicros, Seq: record.Seq,
	})
	if err == nil && verdict == contest.Scored {
		fresh[e.GetUser().GetId()] = standing
	}
}

func compareStandings(ctx context.Context, s *store.Store, c *contest.Live, fresh map[string]*contest.Standing) (string, error) {
	var ranked []contest.Ranked
	err := s.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for row, err := range contest.Standings(ctx, tx, c.ID) {
			if err != nil {
				return err
			}
			ranked = append(ranked, row)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	stored := make(map[string]struct{}, len(ranked))
	for from := 0; from < len(ranked); from += DefaultBatch {
		page := ranked[from:min(from+DefaultBatch, len(ranked))]
		users := make([]string, len(page))
		for i := range page {
			users[i] = page[i].UserID
			stored[page[i].UserID] = struct{}{}
		}
		rows, err := contest.LoadRows(ctx, s, c.ID, users)
		if err != nil {
			return "", err
		}
		for _, row := range rows {
			want := fresh[row.UserID]
			if want == nil {
				return fmt.Sprintf("player %q is stored with %d and the journal has nothing of him", row.UserID, row.State.Units), nil
			}
			if !bytes.Equal(row.State.AppendBinary(nil), want.AppendBinary(nil)) && row.Version != c.Version {
				return fmt.Sprintf("player %q was scored by version %d too, and the newest, %d, alone would give %d for his %d", row.UserID, row.Version, c.Version, want.Units, row.State.Units), nil
			}
			if !bytes.Equal(row.State.AppendBinary(nil), want.AppendBinary(nil)) {
				return fmt.Sprintf("player %q is stored with %d from %d rounds, the journal gives %d from %d", row.UserID, row.State.Units, row.State.Rounds, want.Units, want.Rounds), nil
			}
		}
	}
	for user, want := range fresh {
		if _, known := stored[user]; !known {
			return fmt.Sprintf("player %q has no standing and the journal gives %d", user, want.Units), nil
		}
	}
	return "", nil
}
