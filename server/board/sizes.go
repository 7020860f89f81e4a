package board

import (
	"maps"
	"slices"
	"sync"
)

// Sizes are the numbers of players on the boards that this process knows of. A Keeper keeps them; whoever shows a contest reads them.
type Sizes struct {
	mu sync.Mutex
	of map[string]int64
}

// NewSizes knows no board yet.
func NewSizes() *Sizes { return &Sizes{of: map[string]int64{}} }

// Of counts the players on a board, as of a moment ago; 0 for one that is not known.
func (s *Sizes) Of(board string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of[board]
}

// meet makes a board known, and tells whether it was so before.
func (s *Sizes) meet(board string) (known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known = s.of[board]; !known {
		s.of[board] = 0
	}
	return known
}

func (s *Sizes) set(board string, players int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[board] = players
}

func (s *Sizes) forget(board string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.of, board)
}

func (s *Sizes) boards() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.of))
}
