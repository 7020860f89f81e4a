package contest

import "context"

// Advance makes the next transition of a contest as this process knows it, without looking at the database first.
func (s *Service) Advance(ctx context.Context, id string) (bool, error) {
	c := s.Set().Get(id)
	if c.CloseSeq != nil {
		return s.conclude(ctx, c)
	}
	return s.advance(ctx, s.Clock, c)
}
