package realtime

import (
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// diff gives the rows that are new or differ, in their new order, and the keys of those that are gone. Applied to before it gives after:
// places are part of the rows, so their order needs no words of its own.
func diff(before, after []*laurelv1.LeaderboardRow) (changed []*laurelv1.LeaderboardRow, left []string) {
	known := make(map[string]*laurelv1.LeaderboardRow, len(before))
	for _, row := range before {
		known[row.GetPlayerKey()] = row
	}
	for _, row := range after {
		old := known[row.GetPlayerKey()]
		delete(known, row.GetPlayerKey())
		if old == nil || !sameRow(old, row) {
			changed = append(changed, row)
		}
	}
	if len(known) == 0 {
		return changed, nil
	}
	for _, row := range before {
		if _, gone := known[row.GetPlayerKey()]; gone {
			left = append(left, row.GetPlayerKey())
		}
	}
	return changed, left
}

func sameRow(a, b *laurelv1.LeaderboardRow) bool {
	return a.GetPlace() == b.GetPlace() && a.GetUnits() == b.GetUnits() && a.GetName() == b.GetName() && a.GetUserId() == b.GetUserId()
}

// sameContest reports whether a contest is at the same point of its life; how many players it has is no such point and changes all the
// time.
func sameContest(a, b *laurelv1.ContestSummary) bool {
	return a.GetState() == b.GetState() && a.GetVersion() == b.GetVersion() && a.GetDefinitionHash() == b.GetDefinitionHash() &&
		a.GetResultHash() == b.GetResultHash() && a.GetTitle() == b.GetTitle()
}
