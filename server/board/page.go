package board

import "github.com/laurelhq/laurel/server/journal"

// Page is a part of a board as it was at one moment.
type Page struct {
	// Rows are in order of place.
	Rows []Row
	// Total is the number of players on the board.
	Total int64
	// Positions say how far the board is: for each partition the journal position of the last event that changed it; 0, or none, for a
	// partition that never touched it. They follow from the standings, so they are the same on every process, before and after a rebuild.
	Positions journal.Positions
	// Stale tells that the rows may lack events that were accepted seconds ago. Sorted tells that the database had to sort them because the
	// board is away: that is dear, so ask again later rather than soon. What is sorted is stale.
	Stale, Sorted bool
}

// Revision grows with every change of the board and means the same on every process.
func (p Page) Revision() int64 { return p.Positions.Sum() }
