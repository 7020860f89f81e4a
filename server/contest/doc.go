// Package contest turns scored rounds into standings and takes contests through their life.
//
// It owns the scoring models, the tie-break order, the standing of each player, the set of contests the fold works with,
// and finalisation. The pure part (definition, standing, order) sees no database and no clock. It never ranks: places are
// the business of board, which sorts by the units and tie bytes computed here.
//
//	catalog.Publish ─► Adopt             ┐
//	Step ─► start, end, close, final     ├─► row, with its revision ─► Sync ─► Set: open contests, indexed; final ones summed up
//	fold ─► Close                        ┘
//
// Invariants:
//   - A "best" value keeps score and tie-break fields of the same rounds, never a mix.
//   - The order is total: units descending, tie bytes ascending, user id ascending, all compared bytewise.
//   - A contest closes at journal positions. An event counts if its time lies in the window and its position is not above
//     that of its partition; every other event of the window is recorded as late. So a replay gives the same standings.
//   - Every transition is a conditional update; final standings are written once, in slices, before the transaction that makes the contest
//     final.
//   - Whatever changes a contest's row holds the revision alone, raises it and writes it into the row. A batch of the fold shares it, and
//     is folded again when its set is of another one. So a set that bears a revision has everything that was changed up to it.
//   - With the real clock no transition is made before the database's clock says that it is due.
//
// Life:
//
//	scheduled ──start──► live ──end──► closing ──grace over: close positions set, fold has passed them──► final
package contest
