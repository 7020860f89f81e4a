package ingest

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// Conflicts lists refused re-uses of event ids, each beside the event that has the id, if the journal still has that.
func (s *Service) Conflicts(ctx context.Context, wanted store.Listing) ([]*laurelv1.EventConflict, error) {
	rows, err := s.Journal.Conflicts(ctx, wanted)
	if err != nil {
		return nil, err
	}
	list := make([]*laurelv1.EventConflict, 0, len(rows))
	for _, row := range rows {
		sent, err := event.Decode(row.Sent)
		if err != nil {
			return nil, fmt.Errorf("refused event: %w", err)
		}
		one := &laurelv1.EventConflict{Id: row.ID, Source: row.Source, EventId: row.EventID, Sent: sent,
			RefusedAt: timestamppb.New(time.UnixMicro(row.RefusedMicros))}
		if row.Stored != nil { // it may be in an archive only
			if one.Stored, err = event.Decode(row.Stored); err != nil {
				return nil, fmt.Errorf("stored event: %w", err)
			}
		}
		list = append(list, one)
	}
	return list, nil
}

// DeadLetters lists events that could not be scored.
func (s *Service) DeadLetters(ctx context.Context, filter journal.LetterFilter) ([]*laurelv1.DeadLetter, error) {
	rows, err := s.Journal.DeadLetters(ctx, filter)
	if err != nil {
		return nil, err
	}
	list := make([]*laurelv1.DeadLetter, 0, len(rows))
	for _, row := range rows {
		letter := &laurelv1.DeadLetter{
			Id: row.ID, EventId: row.EventID, Stage: row.Stage, Reason: row.Reason, ContestId: row.Subject,
			FailedAt: timestamppb.New(time.UnixMicro(row.FailedMicros)),
		}
		if e, err := event.Decode(row.Body); err == nil { // one that can't be read may be why it is here
			letter.UserId, letter.OriginEventId = e.GetUser().GetId(), e.GetOrigin().GetEventId()
		}
		list = append(list, letter)
	}
	return list, nil
}
