// Package board keeps ranks. A board is a view: it maps players to places under the total order
//
//	score descending, then tie-break bytes ascending, then user id ascending (bytewise)
//
// and can be dropped and rebuilt from the standings in the database at any time. The package owns
// the order, the value types and the Engine interface; board/memory and board/redis implement it
// and pass the one conformance suite in board/boardtest.
//
// Invariants: an engine never decides a score, it only stores what the fold committed; applying the
// same entry twice changes nothing; two engines given the same entries give the same place for
// every player, ties included.
package board
