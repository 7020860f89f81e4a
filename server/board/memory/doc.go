// Package memory is the board engine inside the process: what Laurel uses when no Redis is configured, and what the
// simulator uses always.
//
// A board is three structures without a pointer to a player, so that the garbage collector has next to nothing to scan:
//
//	arena   one record for each player: units, tie-break bytes, user id. A handle (uint32) names a record.
//	index   open-addressing hash table, user id → handle.
//	order   chunks of sorted (units, prefix, handle) with a directory of first keys and a Fenwick tree of sizes:
//	        a place is a prefix sum plus an offset, a page is a descent plus a walk.
//
// Invariants: every record is in the index once and in the order once; a record's key is never changed while it is in the
// order; Load builds a board aside and swaps it in, after which the old one refuses writes.
// Readers of one board run side by side, and never wait for writers of another.
//
// The package never persists anything: after a restart every board is lost and is loaded again from standings.
package memory
