package telemetry

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const (
	// shareAfter is how long after the end of a second the processes exchange it, each by its own clock.
	shareAfter = 300 * time.Millisecond
	// shareTime bounds one exchange.
	shareTime = time.Second
	// sharedFor is how long Redis keeps a second.
	sharedFor = (PulseSeconds + 60) * time.Second
	// lateSeconds is how many past seconds are read again at each exchange, for processes that were late or whose clock is.
	lateSeconds = 5
	// maxHanded bounds the seconds that wait to be shared; while Redis is away the oldest are left out.
	maxHanded = 60
	// awaySeconds is after how many seconds without an exchange the figures of this process are shown in place of those of all.
	awaySeconds = 5
)

// together are the figures of all processes that share theirs. The pulse's lock guards it.
type together struct {
	// id names this process; empty until figures are shared.
	id string
	// handed are this process' closed seconds that the others don't have yet, oldest first.
	handed []*second
	// ring holds the seconds of all processes. The first of them is first, and the last that all had the time to share is last.
	ring        [PulseSeconds]point
	first, last int64
}

// hand keeps a closed second for the next exchange.
func (g *together) hand(s *second) {
	if g.id == "" {
		return
	}
	g.handed = append(g.handed, s)
	if len(g.handed) > maxHanded {
		g.handed = g.handed[1:]
	}
}

// span gives the end, exclusive, of the seconds to show and the first of them, from those of this process.
func (g *together) span(current, own int64) (until, first int64) {
	if g.last == 0 {
		return current, own
	}
	if current-g.last > awaySeconds {
		return current, min(own, g.first)
	}
	return g.last + 1, min(own, g.first)
}

// Share exchanges closed seconds with the other processes of the installation, in one round trip a second, until ctx ends: what Pulse gives
// is then that of all of them, with percentiles of everything they counted. While Redis is away Pulse gives what this process did. The
// prefix begins every key.
func (t *Telemetry) Share(ctx context.Context, client goredis.UniversalClient, prefix string, log *slog.Logger) {
	t.join()
	for away := false; ; {
		wait := t.now().Truncate(time.Second).Add(time.Second + shareAfter).Sub(t.now())
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		exchange, cancel := context.WithTimeout(ctx, shareTime)
		err := t.exchange(exchange, client, prefix)
		cancel()
		if err != nil && !away && ctx.Err() == nil {
			log.WarnContext(ctx, "figures not shared with other processes; the pulse shows this one", "error", err.Error())
		}
		away = err != nil
	}
}

// join has closed seconds handed over from now on.
func (t *Telemetry) join() {
	t.pulse.mu.Lock()
	defer t.pulse.mu.Unlock()
	t.pulse.together.id = rand.Text()
}

// exchange writes this process' closed seconds and reads those of all: the last few, or as many as are shown after a pause.
func (t *Telemetry) exchange(ctx context.Context, client goredis.UniversalClient, prefix string) error {
	t.closeSecond()
	p := &t.pulse
	p.mu.Lock()
	id, handed, current := p.together.id, p.together.handed, p.current.Load()
	from := max(p.together.last-lateSeconds, current-PulseSeconds)
	p.mu.Unlock()

	pipe := client.Pipeline()
	for _, s := range handed {
		name := secondKey(prefix, s.at)
		pipe.HSet(ctx, name, id, s.encode())
		pipe.Expire(ctx, name, sharedFor)
	}
	replies := make(map[int64]*goredis.MapStringStringCmd, current-from)
	for at := from; at < current; at++ {
		replies[at] = pipe.HGetAll(ctx, secondKey(prefix, at))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("share figures: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	g := &p.together
	// Seconds that were handed over meanwhile are after these, unless these have been pushed out.
	for len(g.handed) > 0 && len(handed) > 0 && g.handed[0].at <= handed[len(handed)-1].at {
		g.handed = g.handed[1:]
	}
	for at, reply := range replies {
		if s, known := merge(at, reply.Val()); known {
			g.ring[at%PulseSeconds] = s.point()
			if g.first == 0 || at < g.first {
				g.first = at
			}
		}
	}
	// The second that has just ended is still on its way from others.
	g.last = current - 2
	return nil
}

// merge adds up what processes wrote of a second. What can't be read is left out.
func merge(at int64, written map[string]string) (all second, known bool) {
	all.at = at
	for _, text := range written {
		var one second
		if one.decode([]byte(text)) == nil {
			all.add(&one)
			known = true
		}
	}
	return all, known
}

func secondKey(prefix string, at int64) string { return prefix + "pulse:" + strconv.FormatInt(at, 10) }
