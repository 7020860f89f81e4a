package realtime_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// errGap says that a client has to resync.
var errGap = errors.New("gap")

// mirror is a client's copy of a board, kept by the rules that realtime.proto gives to clients.
type mirror struct {
	known    bool
	epoch    int64
	revision int64
	rows     map[string]*laurelv1.LeaderboardRow
	total    int64
	stale    bool
	contest  *laurelv1.ContestSummary
}

func (m *mirror) take(frame *laurelv1.ServerFrame) error {
	if snapshot := frame.GetSnapshot(); snapshot != nil {
		*m = mirror{
			known: true, epoch: snapshot.GetEpoch(), revision: snapshot.GetRevision(), rows: map[string]*laurelv1.LeaderboardRow{},
			total: snapshot.GetTotal(), stale: snapshot.GetStale(), contest: snapshot.GetContest(),
		}
		for _, row := range snapshot.GetTop() {
			m.rows[row.GetPlayerKey()] = row
		}
		return nil
	}
	delta := frame.GetDelta()
	if delta == nil {
		return nil
	}
	if !m.known || delta.GetEpoch() != m.epoch || delta.GetRevision() != m.revision+1 {
		return fmt.Errorf("%w: have %d/%d, got %d/%d", errGap, m.epoch, m.revision, delta.GetEpoch(), delta.GetRevision())
	}
	m.revision, m.total, m.stale = delta.GetRevision(), delta.GetTotal(), delta.GetStale()
	if delta.GetContest() != nil {
		m.contest = delta.GetContest()
	}
	for _, key := range delta.GetLeft() {
		if m.rows[key] == nil {
			return fmt.Errorf("%s left but was not there", key)
		}
		delete(m.rows, key)
	}
	for _, row := range delta.GetChanged() {
		m.rows[row.GetPlayerKey()] = row
	}
	return nil
}

// top gives the rows in order.
func (m *mirror) top() []*laurelv1.LeaderboardRow {
	rows := make([]*laurelv1.LeaderboardRow, 0, len(m.rows))
	for _, row := range m.rows {
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b *laurelv1.LeaderboardRow) int { return cmp.Compare(a.GetPlace(), b.GetPlace()) })
	return rows
}

// scores gives "place key units" of each row, in order.
func (m *mirror) scores() []string {
	var lines []string
	for _, row := range m.top() {
		lines = append(lines, fmt.Sprint(row.GetPlace(), " ", row.GetPlayerKey(), " ", row.GetUnits()))
	}
	return lines
}
