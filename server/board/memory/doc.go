// Package memory is the board engine inside the process: what Laurel uses when no Redis is configured, and what the
// simulator uses always.
//
// A board is three structures without a pointer to a player, so that the garbage collector has next to nothing to scan:
//
//	arena   one record for each player: units, tie-break bytes, user id. A handle (uint32) names a record; 0 names none.
//	index   open-addressing hash table, user id → handle.
//	order   chunks of sorted keys (units, prefix, handle) with a directory of first keys and a Fenwick tree of sizes:
//	        a place is a prefix sum plus an offset, a page is a descent plus a walk.
//
// With a million players nearly all of the time goes into waits for memory. Players are therefore looked up some dozens at a time, step by
// step side by side (seat.go), and a search compares keys without branches (key.go), in as many steps for equal scores as for others.
//
// Invariants: every record is in the index once and in the order once; a record's key is never changed while it is in the order; the
// directory holds each chunk's first key, and no chunk is empty unless it is the only one; Load builds a board aside and swaps it in, after
// which the old one refuses writes. Readers of one board run side by side, and never wait for writers of another.
//
// The package never persists anything: after a restart every board is lost and is loaded again from standings.
package memory
