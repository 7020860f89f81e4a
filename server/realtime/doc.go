// Package realtime tells sockets what changed on the boards they watch. It owns the hub, the live frames and the WebSocket; it owns no
// score and no rank, reads them through Boards, and never writes anything.
//
// The fold says that a board changed (Hub.Changed), which leaves a note in the timetable and nothing more. A board with subscribers that is
// quiet is then read at once: the hub
//
//	reads the largest top that anyone watches, once
//	per group (top, sees user ids): diffs it with what the group has, encodes one frame, queues it at every member
//	asks the ranks of all subscribed players in one call, reads the rows around those who moved, in merged ranges
//	queues own places only at players for whom something changed
//
// After that the board rests, for a time that grows with what this took, so the cost depends on the rows and the subscribers, never on the
// rate of events. What changes meanwhile is read when the rest is over.
//
// A subscriber who joins a group that has a state gets that state as a snapshot without any reading; only the first of a group waits for
// one. Ten thousand who come back at once therefore cost one read a group.
//
// A connection has one goroutine that reads and at most one that writes, with a bounded queue between hub and writer:
//
//	             hello                     queue full                    queue empty
//	connected ──────────► greeted ─────────────────────► lagging ─────────────────────► greeted
//	    │                    │                             │   deltas are dropped, then a fresh snapshot is sent
//	    │ no hello in time   │ token ran out, too many     │ full too often (4008), or one write too long
//	    ▼                    ▼ frames, wrong protocol      ▼
//	  closed ◄──────────── closed ◄───────────────────── closed
//
// Invariants: within an epoch a member's frames are a snapshot of some revision and then every revision after it, in order, or the queue
// was full and a new snapshot follows; user ids of others reach only those who may see them; a socket that does not read costs a bounded
// amount of memory and delays nobody; every queue, cache and loop has a limit in Limits.
package realtime
