// Package pipeline folds the journal: it reads batches of events, calls the stages in order, commits what they made of a batch
// together with the cursor, and tells the boards and the sockets.
//
// The way of an event, top to bottom in pipeline.go:
//
//	read ─► score (rule) ─► stand (contest) ─► commit (one transaction, cursor included) ─► publish (board, realtime)
//
// Invariants: a batch is committed once or not at all, so a crash at any moment repeats a batch that left no trace; an event sees one
// revision of all contests; an event that a stage can't fold goes to the dead letters and holds nothing up; only the owner
// of a partition folds it, and an owner that lost its lease can't commit.
package pipeline
