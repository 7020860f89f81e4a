// Package board keeps ranks. A board is a view: it maps players to places under the total order
//
//	score descending, then tie-break bytes ascending, then user id ascending (bytewise)
//
// and can be dropped and rebuilt from the standings in the database at any time. The package owns
// the order, the value types and the Engine interface; board/memory and board/redis implement it
// and pass the one conformance suite in board/boardtest.
//
// A board's positions name, for each partition, the last event that changed a standing on it. They follow from the standings alone, so a
// page from the engine, one that the database sorted and a board that was rebuilt say the same, on every process; their sum is the board's
// revision. What a board misses is what was changed beyond its positions: that is read and applied, beside whatever other processes apply
// meanwhile. Only a board that is lost is loaded whole.
//
//	             ┌── committed batch ──┐
//	lost ──load──► current ──────────► current ──contest final──► dropped; read from frozen places
//	  ▲               │ a batch may be missing
//	  │               ▼
//	  └──gone──── in doubt ──catch up──► current
//
// Invariants: an engine never decides a score, it only stores what the fold committed; applying the
// same entry twice changes nothing; two engines given the same entries give the same place for
// every player, ties included; a board's revision never goes back, not even when its contest becomes final.
package board
