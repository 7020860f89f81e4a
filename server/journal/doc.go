// Package journal is the durable, ordered log of accepted events: the only truth about what happened.
//
// It owns positions, the ranges that they are cut into, partitions, the processes that share them, cursors, dead letters and refused
// re-uses of event ids. It looks inside an event for its id only: scoring is the business of the stages that read it.
//
// Invariants:
//   - An event stands in the journal once. Its identity, its source and its id, is its own until the horizon has passed it: with other
//     content it is refused and kept for review (see docs/decisions/0014).
//   - What tells repeats of an event goes only when no such event can come in any more (see docs/decisions/0019).
//   - A position never becomes readable after a higher one was read, and nothing but open appends keeps one from being read (see
//     docs/decisions/0001 and 0008).
//   - A partition has one owner at a time; moving its cursor with an old epoch fails, so a late writer changes nothing (see
//     docs/decisions/0009).
//   - Ranges follow each other without a gap. What leaves the database leaves as a whole range, when an archive was found equal to it and
//     nothing needs it any more (see docs/decisions/0018).
//
// A partition's life:
//
//	free ──claim──► owned (epoch+1) ──move──► owned
//	  ▲                 │ its owner gives it back (epoch+1), or hasn't said for LeaseDuration that it is alive
//	  └─────────────────┘
package journal
