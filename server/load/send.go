package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/client"
)

const (
	// maxAnswer bounds the answer to one batch.
	maxAnswer = 4 << 20
	// maxTroubles in a row end the run: a server that is not there need not be asked for a minute.
	maxTroubles = 50
)

// schedule hands out batches: when each is due, and when the run is over.
type schedule struct {
	rate, batch  int
	began, until time.Time
	next         atomic.Int64
}

// take returns the next batch's number and when it is due; a zero time means now.
func (s *schedule) take() (number int, due time.Time) {
	n := s.next.Add(1) - 1
	if s.rate == 0 {
		return int(n), time.Time{}
	}
	return int(n), s.began.Add(time.Duration(float64(n) * float64(s.batch) / float64(s.rate) * float64(time.Second)))
}

// counts are what became of what was sent.
type counts struct {
	accepted, duplicates, rejected atomic.Int64
	busy, errors                   atomic.Int64
	firstError                     atomic.Pointer[string]
	firstReason                    atomic.Pointer[string]
	seconds                        [24 * 3600]atomic.Int32
}

// poster sends bodies as Connect calls over one connection, without a client's allocations.
type poster struct {
	client *http.Client
	url    string
	key    string
	answer bytes.Buffer
	reader bytes.Reader
}

// posters are one for each server, by whose turn it is.
type posters []*poster

func (r *run) posters() posters {
	list := make(posters, len(r.URL))
	for i := range list {
		transport := &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true, WriteBufferSize: 64 << 10}
		caller := &http.Client{Transport: transport, Timeout: client.CallTimeout}
		list[i] = &poster{client: caller, url: r.server(i).RPC() + laurelv1connect.IngestServiceIngestProcedure, key: r.Key}
	}
	return list
}

func (p posters) at(turn int) *poster { return p[turn%len(p)] }

// errBusy asks to send the same again after a pause.
type errBusy struct{ pause time.Duration }

func (e errBusy) Error() string { return "the server is busy" }

// post sends a body once.
func (p *poster) post(ctx context.Context, body []byte) (*laurelv1.IngestResponse, error) {
	p.reader.Reset(body)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, &p.reader)
	if err != nil {
		return nil, err
	}
	request.Header = http.Header{"Content-Type": {"application/proto"}, "Connect-Protocol-Version": {"1"},
		"Authorization": {"Bearer " + p.key}}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	p.answer.Reset()
	if _, err := p.answer.ReadFrom(io.LimitReader(response.Body, maxAnswer)); err != nil {
		return nil, err
	}
	switch response.StatusCode {
	case http.StatusOK:
		answer := &laurelv1.IngestResponse{}
		if err := proto.Unmarshal(p.answer.Bytes(), answer); err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		return answer, nil
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return nil, errBusy{max(100*time.Millisecond, min(time.Duration(min(seconds, 60))*time.Second, time.Minute))}
	}
	return nil, fmt.Errorf("status %d: %.300s", response.StatusCode, p.answer.String())
}

// send is one worker: it sends batches until the schedule is over. With a rate, the time of a batch counts from when it was due, so that a
// server that stalls is not spared the batches it kept waiting.
func (r *run) send(ctx context.Context, s *schedule, worker int) error {
	posters, batch := r.posters(), &callBody{}
	random := rand.New(rand.NewPCG(uint64(s.began.UnixNano()), uint64(worker)))
	for {
		number, due := s.take()
		from := r.now()
		if wait := due.Sub(from); wait > 0 && !due.After(s.until) && !pause(ctx, wait) {
			return nil
		}
		if !due.IsZero() {
			from = due
		}
		at := r.now()
		if !at.Before(s.until) || due.After(s.until) {
			return nil
		}
		batch.fill(random, r.id+"-", number*r.Batch, r.Batch, r.Players, at)
		answer, err := r.persist(ctx, posters.at(number), batch.body)
		if err != nil {
			return err
		}
		done := r.now()
		r.ingest.record(done.Sub(from))
		r.count(answer, done.Sub(s.began))
	}
}

// persist sends the same body until the server has answered for it, or the run is over.
func (r *run) persist(ctx context.Context, p *poster, body []byte) (*laurelv1.IngestResponse, error) {
	for troubles := 0; ; {
		answer, err := p.post(ctx, body)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		wait := 100 * time.Millisecond
		var busy errBusy
		if errors.As(err, &busy) {
			r.counts.busy.Add(1)
			wait = busy.pause
		} else {
			troubles++
			r.counts.errors.Add(1)
			text := err.Error()
			r.counts.firstError.CompareAndSwap(nil, &text)
			if troubles == maxTroubles {
				return nil, fmt.Errorf("the server could not be used %d times in a row: %w", troubles, err)
			}
		}
		if !pause(ctx, wait) {
			return nil, ctx.Err()
		}
	}
}

func (r *run) count(answer *laurelv1.IngestResponse, at time.Duration) {
	r.counts.accepted.Add(int64(answer.GetAccepted()))
	r.counts.duplicates.Add(int64(answer.GetDuplicates()))
	r.counts.rejected.Add(int64(answer.GetRejected()))
	if second := int(at.Seconds()); second < len(r.counts.seconds) {
		r.counts.seconds[second].Add(answer.GetAccepted())
	}
	if answer.GetRejected() > 0 {
		reason := firstReason(answer)
		r.counts.firstReason.CompareAndSwap(nil, &reason)
	}
}

// firstReason says why the first refused event of a batch was refused.
func firstReason(answer *laurelv1.IngestResponse) string {
	for _, result := range answer.GetResults() {
		if reason := result.GetReason(); reason != "" {
			return reason
		}
	}
	return ""
}

// pause waits; false means that the run is over.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
