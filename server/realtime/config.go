package realtime

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
)

// ErrUnauthenticated is what Authenticate returns, wrapped or not, for a token that is wrong or no longer valid. Any other error means that
// it could not be checked now.
var ErrUnauthenticated = errors.New("unauthenticated")

// Boards reads places. Errors are retried.
type Boards interface {
	// Page returns up to count rows from place from+1 on. One that had to be sorted is not asked for again before Limits.RetryWait.
	Page(ctx context.Context, contestID string, from, count int64) (board.Page, error)
	// Rank returns the rows of the given players, in any order; a player who is missing or has Place 0 is not on the board.
	Rank(ctx context.Context, contestID string, users []string) ([]board.Row, error)
}

// PublicName is what others see of a player.
type PublicName struct {
	// Key is the opaque id that stands for the player on boards.
	Key string
	// Name is the public name or pseudonym.
	Name string
}

// Viewer is who sits at a socket.
type Viewer struct {
	// UserID is the player, who is told his own place; empty for an anonymous reader, an operator or an API key.
	UserID string
	// SeesUserIDs is true for operators and API keys.
	SeesUserIDs bool
	// Expires is when the token ends; zero means never. The socket is told, and closed when no fresh hello comes.
	Expires time.Time
	// Renew reports whether the caller is still who he was; nil means that nothing but Expires can end that. It is asked every
	// Limits.RenewEvery and within Limits.ReadTimeout. ErrUnauthenticated closes the socket, another error is asked about again.
	Renew func(ctx context.Context) error
}

// Metrics are hooks that are called as things happen; they must be quick, and any may be nil.
type Metrics struct {
	// SocketOpened counts an accepted socket.
	SocketOpened func()
	// SocketClosed counts its end.
	SocketClosed func()
	// SocketSlow counts a full queue, or a write that took too long.
	SocketSlow func()
	// Push tells that n sockets were written to d after the oldest event in the frame had arrived.
	Push func(d time.Duration, n int)
}

// Config is what a hub needs. Boards, Contest, Names, Authenticate and Now are required.
type Config struct {
	Boards Boards
	// Contest returns a published contest and where it stands. It must be quick, and nobody may change what it returned.
	Contest func(contestID string) (*laurelv1.ContestSummary, bool)
	// Names returns the public names of players, one for each id in the same order. The hub asks in batches and keeps the answers a while.
	Names func(ctx context.Context, userIDs []string) ([]PublicName, error)
	// Authenticate says who sent a hello. token may be empty: then the request's headers count, or the viewer is anonymous. Of the headers
	// it sees Authorization, Cookie and X-Forwarded-For; requests from another origin come without their cookies. The request's context
	// ends after Limits.HelloWait. Errors that are not ErrUnauthenticated tell the client to come back later.
	Authenticate func(r *http.Request, token string) (Viewer, error)
	// Now is the wall clock, never a contest's clock: deadlines and the measured latency depend on it.
	Now func() time.Time
	// AllowedOrigins are the origins, such as https://shop.example, whose pages may open sockets; the server's own host always may, and
	// "*" lets every page.
	AllowedOrigins []string
	// Address returns the caller's address, by which sockets are limited; nil means the host of RemoteAddr.
	Address func(r *http.Request) string
	// Bus carries changes between processes; nil means that there is only this one.
	Bus Bus
	// Limits bound everything; zero values mean the defaults.
	Limits  Limits
	Metrics Metrics
	// Log is where trouble is told; nil means nowhere.
	Log *slog.Logger
}

// Limits bound what sockets may cost. A zero field means the default in parentheses.
type Limits struct {
	// Sockets in all (12 000).
	Sockets int
	// SocketsPerAddress from one address (2 000).
	SocketsPerAddress int
	// Subscriptions of one socket (16).
	Subscriptions int
	// FramesPerSecond that a client may send in the long run (10), pings and pongs among them.
	FramesPerSecond int
	// FrameBurst that a client may send at once (40).
	FrameBurst int
	// Queue is how many frames may wait for one socket (32).
	Queue int
	// ReadBytes is the longest frame of a client (8 192).
	ReadBytes int
	// SendBytes is the kernel's buffer for frames on their way to one socket (65 536).
	SendBytes int
	// SlowTimes is how often the queue may be full within SlowWindow before the socket is closed (3, 1 min).
	SlowTimes  int
	SlowWindow time.Duration
	// WriteWait is how long one write may take (10 s).
	WriteWait time.Duration
	// PingInterval is how often the server pings (30 s); a client silent for two and a half of them is gone.
	PingInterval time.Duration
	// HelloWait is how long a client may take to say hello (10 s).
	HelloWait time.Duration
	// ExpiryGrace is how long a socket lives on with a token that ran out (30 s).
	ExpiryGrace time.Duration
	// RenewEvery is how often it is asked whether an operator or an API key still may watch (5 s).
	RenewEvery time.Duration
	// MinTick and MaxTick bound the pause between two readings of a board (20 ms, 250 ms), and so between two deltas. A board that has rested
	// is read as soon as it changes; how long it rests grows with what reading it and sending its frames took, with the number of boards that
	// are busy, and with how late events get to it.
	MinTick time.Duration
	MaxTick time.Duration
	// ReadTimeout bounds one board's reading and RetryWait is the pause after it went wrong (2 s, 1 s).
	ReadTimeout time.Duration
	RetryWait   time.Duration
	// Refresh is how often a watched board is read though nobody said that it changed (5 s); it heals lost words between processes.
	Refresh time.Duration
	// BoardWorkers is how many boards are read at once (4) and RangeWorkers how many ranges of one (4).
	BoardWorkers int
	RangeWorkers int
	// OwnPlaces is how many players of one board are told their surroundings in one reading (2 000); the others follow in the next ones.
	OwnPlaces int
	// OwnEvery is how often a player is told what others do to his place (500 ms); a change of his own score is told at the next reading. On a
	// large board everyone's place drifts all the time, and looking around each at each reading would be most of the work.
	OwnEvery time.Duration
	// Names kept (50 000), each for NameAge to twice that (1 min).
	Names   int
	NameAge time.Duration
	// BusWait is the shortest time between two messages to the other processes (25 ms).
	BusWait time.Duration
}

func orElse[T int | time.Duration](value *T, otherwise T) {
	if *value <= 0 {
		*value = otherwise
	}
}

// withDefaults fills what is left out.
func (l Limits) withDefaults() Limits {
	orElse(&l.Sockets, 12_000)
	orElse(&l.SocketsPerAddress, 2_000)
	orElse(&l.Subscriptions, 16)
	orElse(&l.FramesPerSecond, 10)
	orElse(&l.FrameBurst, 40)
	orElse(&l.Queue, 32)
	orElse(&l.ReadBytes, 8_192)
	orElse(&l.SendBytes, 65_536)
	orElse(&l.SlowTimes, 3)
	orElse(&l.SlowWindow, time.Minute)
	orElse(&l.WriteWait, 10*time.Second)
	orElse(&l.PingInterval, 30*time.Second)
	orElse(&l.HelloWait, 10*time.Second)
	orElse(&l.ExpiryGrace, 30*time.Second)
	orElse(&l.RenewEvery, 5*time.Second)
	orElse(&l.MinTick, 20*time.Millisecond)
	orElse(&l.MaxTick, 250*time.Millisecond)
	orElse(&l.ReadTimeout, 2*time.Second)
	orElse(&l.RetryWait, time.Second)
	orElse(&l.Refresh, 5*time.Second)
	orElse(&l.BoardWorkers, 4)
	orElse(&l.RangeWorkers, 4)
	orElse(&l.OwnPlaces, 2_000)
	orElse(&l.OwnEvery, 500*time.Millisecond)
	orElse(&l.Names, 50_000)
	orElse(&l.NameAge, time.Minute)
	orElse(&l.BusWait, 25*time.Millisecond)
	return l
}

func (c Config) withDefaults() Config {
	c.Limits = c.Limits.withDefaults()
	if c.Address == nil {
		c.Address = remoteHost
	}
	if c.Bus == nil {
		c.Bus = NewLocalBus()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	nothing := func() {}
	for _, hook := range []*func(){&c.Metrics.SocketOpened, &c.Metrics.SocketClosed, &c.Metrics.SocketSlow} {
		if *hook == nil {
			*hook = nothing
		}
	}
	if c.Metrics.Push == nil {
		c.Metrics.Push = func(time.Duration, int) {}
	}
	return c
}

// check names what is missing.
func (c Config) check() error {
	switch {
	case c.Boards == nil:
		return errors.New("realtime config: Boards is required")
	case c.Contest == nil:
		return errors.New("realtime config: Contest is required")
	case c.Names == nil:
		return errors.New("realtime config: Names is required")
	case c.Authenticate == nil:
		return errors.New("realtime config: Authenticate is required")
	case c.Now == nil:
		return errors.New("realtime config: Now is required")
	}
	return nil
}

func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
