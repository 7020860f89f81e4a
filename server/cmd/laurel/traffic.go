package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/ingest"
)

const (
	// maxTraffic bounds demo traffic, in events a second; for more there is laurel load.
	maxTraffic = 2000
	// trafficPlayers is how many players the demo has.
	trafficPlayers = 80
	// trafficTick is how often demo events are made.
	trafficTick = 100 * time.Millisecond
)

// parseRate reads a rate such as 50/s; empty means none.
func parseRate(text string) (perSecond int, err error) {
	if text == "" {
		return 0, nil
	}
	perSecond, err = strconv.Atoi(strings.TrimSuffix(text, "/s"))
	if err != nil || perSecond < 1 || perSecond > maxTraffic {
		return 0, fmt.Errorf("--traffic %q: want a rate from 1/s to %d/s", text, maxTraffic)
	}
	return perSecond, nil
}

// traffic makes up players who spin, win and now and then buy something. Its randomness is seeded by the start time, so that
// event ids of two runs differ.
type traffic struct {
	perSecond int
	accept    func(ctx context.Context, source string, events []*laurelv1.Event) ([]ingest.Result, error)
	now       func() time.Time
	log       *slog.Logger
}

func (t *traffic) run(ctx context.Context) {
	began := t.now()
	random := rand.New(rand.NewPCG(uint64(began.UnixNano()), 1))
	ticker := time.NewTicker(trafficTick)
	defer ticker.Stop()
	sent := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		due := int(t.now().Sub(began).Seconds() * float64(t.perSecond))
		events := make([]*laurelv1.Event, 0, max(0, due-sent))
		for ; sent < due; sent++ {
			events = append(events, t.event(random, fmt.Sprintf("demo-%x-%d", began.UnixMicro(), sent)))
		}
		if len(events) == 0 {
			continue
		}
		if _, err := t.accept(ctx, event.SourceMain, events[:min(len(events), ingest.MaxBatch)]); err != nil && ctx.Err() == nil {
			t.log.WarnContext(ctx, "demo traffic not accepted", "error", err.Error())
		}
	}
}

func (t *traffic) event(random *rand.Rand, id string) *laurelv1.Event {
	markets, providers := []string{"DE", "SE", "TR"}, []string{"PragmaticPlay", "Hacksaw", "GameCo"}
	e := &laurelv1.Event{
		EventId: id, EventTs: timestamppb.New(t.now()), Market: markets[random.IntN(len(markets))], Brand: "X",
		User:    &laurelv1.User{Id: fmt.Sprintf("u_%d", 1+random.IntN(trafficPlayers)), Platform: "web"},
		TraceId: "demo",
	}
	if random.IntN(20) == 0 {
		payload, err := structpb.NewStruct(map[string]any{"amount": float64(100+random.IntN(9900)) / 100, "currency": "EUR", "order_id": id})
		if err == nil {
			e.Name, e.Payload = "purchase", payload
			return e
		}
	}
	bet := int64(50 * (1 + random.IntN(8)))
	multiplier := 0.0
	if random.IntN(3) == 0 {
		multiplier = float64(int(100*random.ExpFloat64()*1.7)) / 100
	}
	duration := int64(1200 + random.IntN(3000))
	e.Name = "round_end"
	e.Game = &laurelv1.Game{Id: fmt.Sprintf("g_%d", 1+random.IntN(12)), Provider: providers[random.IntN(len(providers))], Type: "slots"}
	e.Bet = &laurelv1.Bet{AmountMinor: bet, Currency: "EUR"}
	e.Win = &laurelv1.Win{AmountMinor: int64(multiplier*float64(bet) + 0.5), Multiplier: &multiplier}
	e.Round = &laurelv1.Round{Id: "r-" + id, State: "ended", DurationMs: &duration}
	e.Device = &laurelv1.Device{Platform: "desktop", AsnCategory: "isp"}
	return e
}
