// Package fold is what the stages of the fold share: an event on its way, the state it touches, and the effects it has.
//
//	journal ─► Event ─► stages ─► Scratch (state rows, copy on write above a Cache)
//	                       └────► Effects (late decisions, dead letters, emitted events)
//
// It owns no rule: what state means and how it changes is the business of the stages, each of which brings a Table. It never commits:
// package pipeline stores a batch's rows and effects in one transaction with its cursors.
//
// Invariants:
//   - A row of the cache changes only when the transaction that stored it has committed. A scratch that is thrown away leaves no trace.
//   - What a stage did since a mark can be undone alone, whatever the batch did before.
//   - The same events, in the same order within each partition, give the same rows and effects, however they are cut into batches and
//     lanes.
package fold
