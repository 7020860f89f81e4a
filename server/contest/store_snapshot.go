package contest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	storev1 "github.com/laurelhq/laurel/gen/laurel/store/v1"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

const (
	// SnapshotRows is how many rows a snapshot keeps.
	SnapshotRows = 100
	// keptSnapshots is how many snapshots of a contest are kept: a day of one every 30 seconds.
	keptSnapshots = 2880
)

// Snapshot is the top of a board to keep.
type Snapshot struct {
	ContestID string
	// Total is the number of players on the board, Top the first of them, of which SnapshotRows are kept.
	Total int64
	Top   []*laurelv1.LeaderboardRow
	// Positions are the journal positions that the board had applied.
	Positions journal.Positions
}

// SaveSnapshot keeps a snapshot under the next number of its contest. Before it is stored, before may append to the journal in the same
// transaction what follows from it; it may be nil. When another process saved under the same number at once, one of the two is kept, with
// what follows from that one.
func (s *Service) SaveSnapshot(ctx context.Context, snapshot Snapshot, before func(ctx context.Context, tx *store.Tx,
	number int64) error) error {
	takenAt := s.Now().UnixMicro()
	kept := &storev1.KeptBoard{}
	for _, row := range snapshot.Top[:min(len(snapshot.Top), SnapshotRows)] {
		kept.Top = append(kept.Top, &storev1.KeptRow{Place: row.GetPlace(), UserId: row.GetUserId(), Units: row.GetUnits()})
	}
	body, err := proto.Marshal(kept)
	if err != nil {
		return fmt.Errorf("encode snapshot: %w", err)
	}
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		var number int64
		if err := tx.QueryRowContext(ctx, "SELECT 1 + coalesce(max(number), 0) FROM contest_snapshot WHERE contest_id = $1", snapshot.ContestID).
			Scan(&number); err != nil {
			return err
		}
		if before != nil {
			if err := before(ctx, tx, number); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO contest_snapshot (contest_id, number, taken_at, total, positions, top) VALUES ($1, $2, $3, "+
			"$4, $5, $6)",
			snapshot.ContestID, number, takenAt, snapshot.Total, snapshot.Positions.String(), body)
		return err
	})
	if err != nil && !store.IsConflict(err) {
		return fmt.Errorf("store snapshot: %w", err)
	}
	_, err = s.Store.Write().ExecContext(ctx, `DELETE FROM contest_snapshot WHERE contest_id = $1
		AND number <= (SELECT max(number) FROM contest_snapshot WHERE contest_id = $1) - $2`, snapshot.ContestID, keptSnapshots)
	if err != nil {
		return fmt.Errorf("drop old snapshots: %w", err)
	}
	return nil
}

// Snapshots lists when a board was kept. The key of a snapshot is its number.
func (s *Service) Snapshots(ctx context.Context, contestID string, wanted store.Listing) ([]*laurelv1.SnapshotSummary, error) {
	conditions := s.Store.Conditions()
	conditions.Add("contest_id = ?", contestID)
	query := "SELECT number, taken_at, total FROM contest_snapshot" + conditions.List(wanted, store.Columns{Key: "number", Time: "taken_at"})
	rows, err := s.Store.Read().QueryContext(ctx, query, conditions.Args...)
	if err != nil {
		return nil, fmt.Errorf("list snapshots: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []*laurelv1.SnapshotSummary
	for rows.Next() {
		var number, takenAt, total int64
		if err := rows.Scan(&number, &takenAt, &total); err != nil {
			return nil, fmt.Errorf("list snapshots: %w", err)
		}
		list = append(list, &laurelv1.SnapshotSummary{Number: number, TakenAt: stamp(takenAt), Total: total})
	}
	return list, rows.Err()
}

// Snapshot returns a kept board; its rows carry user ids and no names. ErrNotFound when there is none of that number.
func (s *Service) Snapshot(ctx context.Context, contestID string, number int64) (*laurelv1.GetSnapshotResponse, error) {
	var takenAt, total int64
	var body []byte
	err := s.Store.Read().QueryRowContext(ctx, "SELECT taken_at, total, top FROM contest_snapshot WHERE contest_id = $1 AND number = $2",
		contestID, number).Scan(&takenAt, &total, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("snapshot %d of contest %q: %w", number, contestID, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	kept := &storev1.KeptBoard{}
	if err := proto.Unmarshal(body, kept); err != nil {
		return nil, fmt.Errorf("decode snapshot: %w", err)
	}
	snapshot := &laurelv1.GetSnapshotResponse{Snapshot: &laurelv1.SnapshotSummary{Number: number, TakenAt: stamp(takenAt), Total: total}}
	for _, row := range kept.GetTop() {
		snapshot.Top = append(snapshot.Top, &laurelv1.LeaderboardRow{Place: row.GetPlace(), UserId: row.GetUserId(), Units: row.GetUnits()})
	}
	return snapshot, nil
}
