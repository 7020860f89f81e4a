package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/client"
)

const (
	// firstBackoff and lastBackoff bound the pause before a batch is sent again when the server names none.
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 10 * time.Second
)

// ingestSender sends batches and sends them again while the server is busy or away: an event that is there already is only acknowledged.
type ingestSender struct {
	client   laurelv1connect.IngestServiceClient
	retryFor time.Duration
	// history tells that the events are history.
	history bool
	// away is told once a batch that the server can't be reached; a server that is only busy is no news.
	away func(err error)
}

func newIngestSender(to client.Server, retryFor time.Duration, history bool) *ingestSender {
	return &ingestSender{client: laurelv1connect.NewIngestServiceClient(to.HTTP(), to.RPC()), retryFor: retryFor, history: history,
		away: func(error) {}}
}

// batch returns one result for each event, in order.
func (s *ingestSender) batch(ctx context.Context, events []*laurelv1.Event) ([]*laurelv1.EventResult, error) {
	var response *laurelv1.IngestResponse
	err := s.persist(ctx, func() (err error) {
		response, err = s.client.Ingest(ctx, &laurelv1.IngestRequest{Events: events, History: s.history})
		return err
	})
	switch {
	case err == nil:
		return resultsOf(response, len(events))
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case connect.CodeOf(err) == connect.CodeUnimplemented:
		return nil, fmt.Errorf("nothing there takes events, check --url: %w", err)
	}
	return nil, fmt.Errorf("send %d events: %w", len(events), err)
}

// persist makes a call again while the server is busy or away.
func (s *ingestSender) persist(ctx context.Context, call func() error) error {
	waited, backoff, told := time.Duration(0), firstBackoff, false
	for {
		err := call()
		if err == nil || ctx.Err() != nil || !retryable(err) || waited >= s.retryFor {
			return err
		}
		if !told && connect.CodeOf(err) != connect.CodeResourceExhausted {
			told = true
			s.away(err)
		}
		pause := retryDelay(err)
		if pause == 0 {
			pause = backoff/2 + rand.N(backoff)
			backoff = min(2*backoff, lastBackoff)
		}
		waited += pause
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// resultsOf writes out the results that the server leaves out when every event was accepted as new.
func resultsOf(response *laurelv1.IngestResponse, count int) ([]*laurelv1.EventResult, error) {
	results := response.GetResults()
	if len(results) == 0 && int(response.GetAccepted()) == count {
		accepted := &laurelv1.EventResult{Status: laurelv1.EventStatus_EVENT_STATUS_ACCEPTED}
		results = make([]*laurelv1.EventResult, count)
		for i := range results {
			results[i] = accepted
		}
	}
	if len(results) != count {
		return nil, fmt.Errorf("the server answered %d of %d events", len(results), count)
	}
	return results, nil
}

func retryable(err error) bool {
	switch connect.CodeOf(err) {
	case connect.CodeResourceExhausted, connect.CodeUnavailable, connect.CodeAborted, connect.CodeDeadlineExceeded:
		return true
	default:
		return false
	}
}

// retryDelay is the pause that the server asks for, at most a minute; 0 when it names none.
func retryDelay(err error) time.Duration {
	var said *connect.Error
	if !errors.As(err, &said) {
		return 0
	}
	for _, detail := range said.Details() {
		if message, err := detail.Value(); err == nil {
			if retry, ok := message.(*errdetails.RetryInfo); ok {
				return min(retry.GetRetryDelay().AsDuration(), time.Minute)
			}
		}
	}
	seconds, err := strconv.Atoi(said.Meta().Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(min(seconds, 3600))*time.Second, time.Minute)
}
