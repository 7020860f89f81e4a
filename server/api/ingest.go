package api

import (
	"context"
	"errors"
	"fmt"

	"connectrpc.com/connect"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/ingest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/word"
)

const (
	// maxEventsAtOnce bounds the events of one message.
	maxEventsAtOnce = ingest.MaxBatch
	// maxRejections bounds the refused events that a stream's answer lists.
	maxRejections = 1000
	// maxEventIDShown bounds the event id echoed for an event that was refused.
	maxEventIDShown = 256
)

// ingestService takes events in over Connect, gRPC and gRPC-Web.
type ingestService struct{ *API }

// Ingest takes a batch.
func (s ingestService) Ingest(ctx context.Context, request *laurelv1.IngestRequest) (*laurelv1.IngestResponse, error) {
	results, err := s.accept(ctx, request.GetEvents(), request.GetHistory())
	if err != nil {
		return nil, err
	}
	response := &laurelv1.IngestResponse{}
	for _, result := range results {
		switch result.GetStatus() {
		case laurelv1.EventStatus_EVENT_STATUS_ACCEPTED:
			response.Accepted++
		case laurelv1.EventStatus_EVENT_STATUS_DUPLICATE:
			response.Duplicates++
		case laurelv1.EventStatus_EVENT_STATUS_REJECTED, laurelv1.EventStatus_EVENT_STATUS_UNSPECIFIED:
			response.Rejected++
		}
	}
	if int(response.GetAccepted()) < len(results) {
		response.Results = results
	}
	return response, nil
}

// IngestStream takes batches until the client closes the stream. When a batch fails as a whole the stream ends with that error:
// what came before is durable, and sending everything again changes nothing.
func (s ingestService) IngestStream(ctx context.Context,
	stream *connect.ClientStream[laurelv1.IngestStreamRequest]) (*laurelv1.IngestStreamResponse, error) {
	answered(ctx)
	response := &laurelv1.IngestStreamResponse{}
	for first := int32(0); stream.Receive(); {
		if err := s.Identity.Renew(ctx, identity.CallerFrom(ctx)); err != nil {
			return nil, err
		}
		results, err := s.accept(ctx, stream.Msg().GetEvents(), stream.Msg().GetHistory())
		if err != nil {
			return nil, err
		}
		for _, result := range results {
			switch result.GetStatus() {
			case laurelv1.EventStatus_EVENT_STATUS_ACCEPTED:
				response.Accepted++
			case laurelv1.EventStatus_EVENT_STATUS_DUPLICATE:
				response.Duplicates++
			case laurelv1.EventStatus_EVENT_STATUS_REJECTED, laurelv1.EventStatus_EVENT_STATUS_UNSPECIFIED:
				response.Rejected++
				if len(response.GetRejections()) < maxRejections {
					result.Index += first
					response.Rejections = append(response.Rejections, result)
				}
			}
		}
		first += int32(len(results))
	}
	err := stream.Err()
	if err != nil {
		brokeOff(ctx)
	}
	return response, unreadable(err)
}

// unreadable words what is wrong with a stream as the caller's mistake, which the RPC library calls unknown or internal.
func unreadable(err error) error {
	var said *connect.Error
	if errors.As(err, &said) && (said.Code() == connect.CodeInternal || said.Code() == connect.CodeUnknown) {
		return &failure{kind: kindInvalid, message: "the stream can't be read: " + said.Message()}
	}
	return err
}

// sourceOf is the source of the caller's events. History has one of its own, which no caller can name.
func sourceOf(ctx context.Context, history bool) string {
	source := identity.CallerFrom(ctx).Source
	if history {
		return event.HistoryOf(source)
	}
	return source
}

// accept hands events to ingest and words a result for each, in order.
func (s ingestService) accept(ctx context.Context, events []*laurelv1.Event, history bool) ([]*laurelv1.EventResult, error) {
	if len(events) == 0 || len(events) > maxEventsAtOnce {
		s.Telemetry.Refused(1)
		return nil, badField("events", "must hold 1 to %d events, but holds %d", maxEventsAtOnce, len(events))
	}
	together := 0
	for _, e := range events {
		together += weight(e)
	}
	if err := s.limits.takeEvents(ctx, together); err != nil {
		return nil, err
	}
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = word.Clip(e.GetEventId(), maxEventIDShown)
	}
	accepted, err := s.API.Ingest.Accept(ctx, sourceOf(ctx, history), events)
	if err != nil {
		return nil, err
	}
	if len(accepted) != len(events) {
		return nil, fmt.Errorf("ingest answered %d of %d events", len(accepted), len(events))
	}
	results := make([]*laurelv1.EventResult, len(events))
	for i, result := range accepted {
		results[i] = &laurelv1.EventResult{Index: int32(i), EventId: ids[i], Status: result.Status, Field: result.Field, Reason: result.Reason}
		if result.Status == laurelv1.EventStatus_EVENT_STATUS_REJECTED {
			results[i].Code = codes[refusalOf(&accepted[i])].rpc.String()
		}
	}
	return results, nil
}

// ListConflicts returns refused re-uses of event ids.
func (s ingestService) ListConflicts(ctx context.Context, request *laurelv1.ListConflictsRequest) (*laurelv1.ListConflictsResponse, error) {
	page, err := openList[int64](s.API, request, maxRows)
	if err != nil {
		return nil, err
	}
	conflicts, err := s.Conflicts(ctx, listing(page, request.GetOrder(), request.GetText(), request.GetRefused()))
	if err != nil {
		return nil, err
	}
	shown, next, err := cut(s.API, page, conflicts, (*laurelv1.EventConflict).GetId)
	return &laurelv1.ListConflictsResponse{Conflicts: shown, NextPageToken: next}, err
}

// ListDeadLetters returns events that could not be scored.
func (s ingestService) ListDeadLetters(ctx context.Context,
	request *laurelv1.ListDeadLettersRequest) (*laurelv1.ListDeadLettersResponse, error) {
	page, err := openList[int64](s.API, request, maxRows)
	if err != nil {
		return nil, err
	}
	letters, err := s.DeadLetters(ctx, journal.LetterFilter{
		Listing: listing(page, request.GetOrder(), request.GetText(), request.GetFailed()), Stage: request.GetStage(),
		Subject: request.GetContestId(),
	})
	if err != nil {
		return nil, err
	}
	shown, next, err := cut(s.API, page, letters, (*laurelv1.DeadLetter).GetId)
	return &laurelv1.ListDeadLettersResponse{DeadLetters: shown, NextPageToken: next}, err
}
