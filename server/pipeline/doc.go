// Package pipeline folds the journal: lanes take batches of events through the program, commit what they did
// together with the cursors, and tell the boards and the sockets.
//
// The program (program.go) is all live definitions at one revision. It is pure, and it is the only thing that scores: the lanes, verify
// boards and whatever plays history call its two functions.
//
//	Need  names the state an event touches
//	Fold  takes event and state to state and effects: profile ─► points (rule) ─► standings (contest)
//
// A process runs (pipeline.go):
//
//	heartbeat (members.go)   which partitions are this process's, and which lane has them
//	reader    (feed.go)      one reading of the journal for all lanes
//	lanes     (lane.go)      some partitions each: batch (batch.go) = need ─► load ─► fold ─► one transaction ─► publish
//	publisher (publish.go)   boards, then sockets
//
// Invariants: a batch is committed once or not at all, so a crash at any moment repeats a batch that left no trace; an event sees one
// revision of all contests; an event that can't be folded goes to the dead letters, leaves nothing else and holds nothing up; only the
// owner of a partition folds it, and an owner that lost it can't commit; no lane waits for another, though all wait for boards that are
// several batches behind; no batch is repeated unchanged for ever.
package pipeline
