// Package load puts a server under load and measures it from outside, as a sender of events and as a watcher of boards.
//
// It sends rounds of made-up players at a pace or as fast as it can, watches one contest's board on sockets, and follows single events, the
// probes, from before their call to their row on each socket. It talks to a server over its public doors only and never touches a database.
//
// Invariants: every answer is counted; with a pace a batch's time runs from when it was due, so that a server that stalls is not spared the
// batches it kept waiting; each round of a probes' player is better than the one before, so his score says exactly which of them are
// counted.
package load
