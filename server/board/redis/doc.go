// Package redis is the board engine on Redis or Redis Cluster: what Laurel uses when several processes share boards.
//
// A board is three keys under one hash tag, so that a script may touch them together in a cluster:
//
//	PREFIX:{board}:rank      sorted set: score = -units, member = tie-break bytes followed by the user id. All ties of a
//	                         board have one length, so Redis' bytewise order of members is the order of ties, then ids.
//	PREFIX:{board}:member    hash: user id → member
//	PREFIX:{board}:position  hash: partition → position of the last event that changed an entry; run, players, tie, load: see below
//
// Every operation on a board is one Lua script, so readers and writers of many processes see whole batches. Apply needs one round
// trip: one call for all boards on a single server, one for each slot in a cluster. Since a script blocks its server, a call
// has a bounded size (callCost) and what is beyond it goes in further calls, one after another.
//
// Invariants: the sorted set and the hash have as many players as the field players says, and the board belongs to the running server
// process (field run holds the run_id of the load). A board for which either doesn't hold is lost: flushed, evicted in part, overwritten,
// or brought back from an old snapshot by a restart or fail-over, which nobody could tell from its data alone. Load stages under temporary
// keys that expire by themselves and renames them in one script.
//
// The package never reads standings and never heals a board by itself: it says that the board is lost.
package redis
