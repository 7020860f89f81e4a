package load

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// answers is a server that answers as it was told, one call after the other, and the last way for ever.
type answers struct {
	list   []int // a status, or 0 for a broken connection
	after  string
	bodies []string
}

// RoundTrip implements http.RoundTripper.
func (a *answers) RoundTrip(request *http.Request) (*http.Response, error) {
	sent, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	a.bodies = append(a.bodies, string(sent))
	status := a.list[min(len(a.bodies), len(a.list))-1]
	if status == 0 {
		return nil, errors.New("connection reset")
	}
	answer, err := proto.Marshal(&laurelv1.IngestResponse{Accepted: 7})
	return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {a.after}}, Body: io.NopCloser(bytes.NewReader(answer))}, err
}

func (a *answers) poster() *poster {
	return &poster{client: &http.Client{Transport: a}, url: "http://x"}
}

// TestABatchIsSentUntilItIsAnswered has a server be busy or broken any number of times, in virtual time.
func TestABatchIsSentUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		list := rapid.SliceOfN(rapid.SampledFrom([]int{0, 429, 500, 503, 404}), 0, maxTroubles-1).Draw(rt, "answers")
		after := rapid.IntRange(-1, 90).Draw(rt, "Retry-After")
		synctest.Test(t, func(t *testing.T) {
			server := &answers{list: append(list, http.StatusOK), after: strconv.Itoa(after)}
			busy, wait := int64(0), time.Duration(0)
			for _, status := range list {
				if status == 429 || status == 503 {
					busy++
					wait += max(100*time.Millisecond, time.Duration(min(after, 60))*time.Second)
				} else {
					wait += 100 * time.Millisecond
				}
			}
			r, began := &run{}, time.Now()
			answer, err := r.persist(t.Context(), server.poster(), []byte("body"))
			require.NoError(rt, err)
			require.Equal(rt, int32(7), answer.GetAccepted())
			require.Equal(rt, wait, time.Since(began))
			require.Equal(rt, busy, r.counts.busy.Load())
			require.Equal(rt, int64(len(list))-busy, r.counts.errors.Load())
			require.Len(rt, server.bodies, len(list)+1)
			for _, body := range server.bodies {
				require.Equal(rt, "body", body, "the same is sent again")
			}
		})
	})
}

func TestAServerThatIsNotThereEndsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &answers{list: []int{0}}
		_, err := (&run{}).persist(t.Context(), server.poster(), nil)
		require.ErrorContains(t, err, "the server could not be used 50 times in a row")
		require.ErrorContains(t, err, "connection reset")
		require.Len(t, server.bodies, maxTroubles)
	})
}

func TestABusyServerIsLeftWhenTheRunIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		server, began := &answers{list: []int{429}, after: "60"}, time.Now()
		_, err := (&run{}).persist(ctx, server.poster(), nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 90*time.Second, time.Since(began))
		require.Len(t, server.bodies, 2)
	})
}

// TestAnswersAreSummedUp counts any answers: every event of them, in the second in which it was acknowledged.
func TestAnswersAreSummedUp(t *testing.T) {
	t.Parallel()
	r := &run{}
	count := rapid.Int32Range(0, 1000)
	rapid.Check(t, func(t *rapid.T) {
		before := [3]int64{r.counts.accepted.Load(), r.counts.duplicates.Load(), r.counts.rejected.Load()}
		answer := &laurelv1.IngestResponse{
			Accepted: count.Draw(t, "accepted"), Duplicates: count.Draw(t, "duplicates"), Rejected: count.Draw(t, "rejected"),
		}
		at := time.Duration(rapid.Int64Range(0, int64(25*time.Hour)).Draw(t, "at"))
		second := int(at.Seconds())
		then := int32(0)
		if second < len(r.counts.seconds) {
			then = r.counts.seconds[second].Load()
		}
		r.count(answer, at)
		require.Equal(t, before[0]+int64(answer.GetAccepted()), r.counts.accepted.Load())
		require.Equal(t, before[1]+int64(answer.GetDuplicates()), r.counts.duplicates.Load())
		require.Equal(t, before[2]+int64(answer.GetRejected()), r.counts.rejected.Load())
		if second < len(r.counts.seconds) {
			require.Equal(t, then+answer.GetAccepted(), r.counts.seconds[second].Load())
		}
	})
}
