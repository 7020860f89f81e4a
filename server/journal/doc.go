// Package journal is the durable, ordered log of accepted events: the only truth about what happened.
//
// It owns positions, partitions and their leases, cursors, dead letters and refused re-uses of event ids. It never looks
// inside an event: scoring is the business of the stages that read it.
//
// Invariants:
//   - An event id stands in the journal once. The same id with other content is refused and kept for review.
//   - A position never becomes readable after a higher one was read (see docs/decisions/0001).
//   - A partition has one owner at a time; moving its cursor with an old epoch fails, so a late writer changes nothing.
//
// A partition's life:
//
//	free ──claim──► owned (epoch+1) ──renew──► owned
//	  ▲                 │ lease runs out or is released
//	  └─────────────────┘
package journal
