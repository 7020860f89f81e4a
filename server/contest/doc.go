// Package contest turns scored rounds into standings and takes contests through their life.
//
// It owns the scoring models, the tie-break order, the standing of each player, the set of contests the fold works with,
// and finalisation. The pure part (definition, standing, order) sees no database and no clock. It never ranks: places are
// the business of board, which sorts by the units and tie bytes computed here.
//
// Invariants:
//   - A "best" value keeps score and tie-break fields of the same rounds, never a mix.
//   - The order is total: units descending, tie bytes ascending, user id ascending, all compared bytewise.
//   - A contest closes at a journal position. An event counts if its time lies in the window and its position is not above
//     that one; every other event of the window is recorded as late. So a replay gives the same standings.
//   - Every transition is a conditional update; final standings are written once, in the transaction that makes the contest final.
//
// Life:
//
//	scheduled ──start──► live ──end──► closing ──grace over: close position set, fold has passed it──► final
package contest
