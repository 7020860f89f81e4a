package api

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	laurel "github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/identity"
)

const (
	// defaultEventsPerSecond is what one API key may send.
	defaultEventsPerSecond = 50_000
	// defaultCallsPerSecond is how many calls one caller may make: an API key, an operator, a player, or an address. Calls that bring events do not count, their events do.
	defaultCallsPerSecond = 5_000
	// burstSeconds is how many seconds' worth may come at once.
	burstSeconds = 2
	// maxLimited bounds the callers whose rate is remembered; the least active are forgotten first.
	maxLimited = 100_000
)

// limits counts events and calls by caller, in this process.
type limits struct {
	now    func() time.Time
	events int
	calls  int
	rates  *otter.Cache[string, *rate.Limiter]
}

func newLimits(now func() time.Time, events, calls int) (*limits, error) {
	if events <= 0 {
		events = defaultEventsPerSecond
	}
	if calls <= 0 {
		calls = defaultCallsPerSecond
	}
	rates, err := otter.New(&otter.Options[string, *rate.Limiter]{MaximumSize: maxLimited})
	return &limits{now: now, events: events, calls: calls, rates: rates}, err
}

// takeEvents lets an API key send n events, or says how long it must wait.
func (l *limits) takeEvents(ctx context.Context, n int) error {
	return l.take("events\x00"+callerKey(identity.CallerFrom(ctx)), l.events, max(l.events*burstSeconds, maxEventsAtOnce), n)
}

// takeCall lets a caller make one call of a procedure, or says how long he must wait.
func (l *limits) takeCall(ctx context.Context, procedure string) error {
	if procedure == laurel.IngestServiceIngestProcedure {
		return nil
	}
	return l.take("calls\x00"+callerKey(identity.CallerFrom(ctx)), l.calls, l.calls*burstSeconds, 1)
}

func (l *limits) take(key string, perSecond, burst, n int) error {
	limiter, _ := l.rates.ComputeIfAbsent(key, func() (*rate.Limiter, bool) {
		return rate.NewLimiter(rate.Limit(perSecond), burst), false
	})
	now := l.now()
	reservation := limiter.ReserveN(now, n)
	wait := reservation.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	reservation.CancelAt(now)
	return &failure{kind: kindExhausted, message: fmt.Sprintf("the limit is %d a second; slow down", perSecond), retryAfter: wait}
}

// callerKey tells callers apart; anonymous ones by their address, IPv6 by the /64 that one household has.
func callerKey(caller identity.Caller) string {
	switch caller.Kind {
	case identity.APIKeyCaller, identity.OperatorCaller:
		return caller.Kind.String() + "\x00" + caller.ID
	case identity.PlayerCaller:
		return caller.Kind.String() + "\x00" + caller.UserID
	default:
		return caller.Kind.String() + "\x00" + networkOf(caller.Address)
	}
}

func networkOf(address netip.Addr) string {
	if address.Is6() {
		if prefix, err := address.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}
