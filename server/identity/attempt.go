package identity

import (
	"net/netip"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"
)

// maxAttemptKeys bounds how many addresses and names are remembered; the least used are forgotten first.
const maxAttemptKeys = 16_384

// allowance is how many failed sign-ins are let through at once, and how fast the right to another comes back.
type allowance struct {
	burst int
	every time.Duration
}

// The allowances of one name from one address, of one address, and of one name from everywhere. The last is wide, since a
// stranger could otherwise lock an operator out.
var (
	pairAllowance    = allowance{burst: 10, every: 10 * time.Second}
	addressAllowance = allowance{burst: 40, every: 3 * time.Second}
	nameAllowance    = allowance{burst: 100, every: 2 * time.Second}
)

// attempts counts failed sign-ins.
type attempts struct {
	limiters *otter.Cache[string, *rate.Limiter]
	now      func() time.Time
}

func newAttempts(now func() time.Time) (*attempts, error) {
	limiters, err := otter.New(&otter.Options[string, *rate.Limiter]{MaximumSize: maxAttemptKeys})
	if err != nil {
		return nil, err
	}
	return &attempts{limiters: limiters, now: now}, nil
}

// take uses up one attempt of the name and the address. The returned func gives it back: a right password costs nothing.
func (a *attempts) take(address netip.Addr, name string) (giveBack func(), err error) {
	now, network := a.now(), NetworkOf(address)
	var taken []*rate.Reservation
	giveBack = func() {
		for _, reservation := range taken {
			reservation.CancelAt(now)
		}
	}
	for _, counter := range []struct {
		key string
		allowance
	}{
		{"pair\x00" + network + "\x00" + name, pairAllowance},
		{"address\x00" + network, addressAllowance},
		{"name\x00" + name, nameAllowance},
	} {
		limiter, _ := a.limiters.ComputeIfAbsent(counter.key, func() (*rate.Limiter, bool) {
			return rate.NewLimiter(rate.Every(counter.every), counter.burst), false
		})
		reservation := limiter.ReserveN(now, 1)
		taken = append(taken, reservation)
		if wait := reservation.DelayFrom(now); wait > 0 {
			giveBack()
			return nil, &LimitError{RetryAfter: wait}
		}
	}
	return giveBack, nil
}

// NetworkOf is what one household or server has: an IPv4 address, or the /64 of an IPv6 one. Whatever is counted by address is counted by
// it.
func NetworkOf(address netip.Addr) string {
	if address.Is6() {
		if prefix, err := address.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}
