package api

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	laurel "github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/identity"
)

const (
	// defaultEventsPerSecond is what one API key may send.
	defaultEventsPerSecond = 50_000
	// defaultCallsPerSecond is how many calls one caller may make: an API key, an operator, a player, or an address. Calls that bring events
	// do not count, their events do.
	defaultCallsPerSecond = 5_000
	// burstSeconds is how many seconds' worth may come at once.
	burstSeconds = 2
	// maxLimited bounds the callers whose rate is remembered; the least active are forgotten first.
	maxLimited = 100_000
	// settledShare is the part of a second's worth, one in so many, that a process lets through before it settles with the others.
	settledShare = 100
)

// limits counts events and calls by caller. This process counts first, since who is over the limit here is over it anywhere. With Redis it
// then settles what it let through with the other processes, not call by call but when it is 1/settledShare of a second's worth: so reads
// cost next to no round trips, and all processes together let at most that much more through, each. See docs/decisions/0011.
type limits struct {
	now        func() time.Time
	events     int
	calls      int
	common     *commons
	settlement *redis_rate.Limiter
	allowances *otter.Cache[string, *allowance]
}

// allowance is what one caller may still do.
type allowance struct {
	here *rate.Limiter

	mu sync.Mutex
	// owed is what was let through here and not settled with the other processes.
	owed int
	// until is when all processes together let the caller go on.
	until time.Time
}

func newLimits(now func() time.Time, common *commons, events, calls int) (*limits, error) {
	if events <= 0 {
		events = defaultEventsPerSecond
	}
	if calls <= 0 {
		calls = defaultCallsPerSecond
	}
	allowances, err := otter.New(&otter.Options[string, *allowance]{MaximumSize: maxLimited})
	l := &limits{now: now, events: events, calls: calls, common: common, allowances: allowances}
	if common != nil {
		l.settlement = redis_rate.NewLimiter(common.client)
	}
	return l, err
}

// weight is what an event counts: as itself, and for each player it names, since each is delivered an event. It may be nil.
func weight(e *laurelv1.Event) int { return 1 + len(e.GetParticipants()) }

// takeEvents lets an API key send events of some weight together, or says how long it must wait. What weighs more than a whole burst takes
// a whole burst.
func (l *limits) takeEvents(ctx context.Context, weight int) error {
	limit := redis_rate.Limit{Rate: l.events, Period: time.Second, Burst: max(l.events*burstSeconds, maxEventsAtOnce)}
	wait := l.take(ctx, "events\x00"+callerKey(identity.CallerFrom(ctx)), limit, min(weight, limit.Burst))
	return exceeded(limit.Rate, "events and their participants", wait)
}

// takeCall lets a caller make one call of a procedure, or says how long he must wait.
func (l *limits) takeCall(ctx context.Context, procedure string) error {
	if procedure == laurel.IngestServiceIngestProcedure {
		return nil
	}
	limit := redis_rate.Limit{Rate: l.calls, Period: time.Second, Burst: l.calls * burstSeconds}
	wait := l.take(ctx, "calls\x00"+callerKey(identity.CallerFrom(ctx)), limit, 1)
	return exceeded(limit.Rate, "calls", wait)
}

// exceeded says which limit keeps a caller waiting; nothing when none does.
func exceeded(rate int, of string, wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	return &failure{kind: kindExhausted, message: fmt.Sprintf("the limit is %d %s a second; slow down", rate, of), retryAfter: wait}
}

// take takes n from what a caller may do, or returns how long he must wait.
func (l *limits) take(ctx context.Context, key string, limit redis_rate.Limit, n int) time.Duration {
	caller, _ := l.allowances.ComputeIfAbsent(key, func() (*allowance, bool) {
		return &allowance{here: rate.NewLimiter(rate.Limit(limit.Rate), limit.Burst)}, false
	})
	now := l.now()
	reservation := caller.here.ReserveN(now, n)
	wait := reservation.DelayFrom(now)
	if wait == 0 && l.common != nil {
		wait = l.settle(ctx, caller, key, limit, n)
	}
	if wait != 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// settle counts what a caller is let do here, and now and then takes it from what he may do everywhere. It returns how long he must wait.
func (l *limits) settle(ctx context.Context, caller *allowance, key string, limit redis_rate.Limit, n int) time.Duration {
	now := l.now()
	owed, wait := caller.owe(n, limit, now)
	if owed == 0 {
		return wait
	}
	var result *redis_rate.Result
	answered := l.common.ask(ctx, func(ctx context.Context) (err error) {
		result, err = l.settlement.AllowN(ctx, l.common.key("limit", key), limit, owed)
		return err
	})
	if !answered || result.Allowed > 0 {
		return 0 // without an answer this process counts alone, and forgets the debt
	}
	caller.refuse(owed-n, now.Add(result.RetryAfter))
	return result.RetryAfter
}

// owe adds n to what is owed and takes it out when it is time to settle.
func (a *allowance) owe(n int, limit redis_rate.Limit, now time.Time) (owed int, wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Before(a.until) {
		return 0, a.until.Sub(now)
	}
	a.owed += n
	if a.owed < max(limit.Rate/settledShare, 1) {
		return 0, 0
	}
	owed, a.owed = min(a.owed, limit.Burst), 0
	return owed, 0
}

// refuse keeps a caller waiting, with what he still owes.
func (a *allowance) refuse(owed int, until time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.owed, a.until = a.owed+owed, until
}

// callerKey tells callers apart; anonymous ones by their address, IPv6 by the /64 that one household has.
func callerKey(caller identity.Caller) string {
	switch caller.Kind {
	case identity.APIKeyCaller, identity.OperatorCaller:
		return caller.Kind.String() + "\x00" + caller.ID
	case identity.PlayerCaller:
		return caller.Kind.String() + "\x00" + caller.UserID
	default:
		return caller.Kind.String() + "\x00" + identity.NetworkOf(caller.Address)
	}
}
