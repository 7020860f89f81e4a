package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"

	"github.com/laurelhq/laurel/server/journal"
)

// storage is where a server keeps things.
type storage struct {
	DatabaseURL string `help:"sqlite:PATH or postgres://…" env:"LAUREL_DATABASE_URL" default:"sqlite:data/laurel.db" placeholder:"URL"`
	RedisURL    string `help:"redis://… for boards shared by several processes; redis+cluster://host:port?addr=host:port… for a cluster. Without it boards live in the process." env:"LAUREL_REDIS_URL" placeholder:"URL"`
}

// doors is how a server is reached.
type doors struct {
	Listen               string        `help:"Address to listen on." env:"LAUREL_LISTEN" default:"127.0.0.1:8080"`
	AllowedOrigins       []string      `help:"Origins besides its own whose pages may open sockets; * for all. Public boards can be read from any page." env:"LAUREL_ALLOWED_ORIGINS"`
	TrustedProxies       []string      `help:"Networks whose X-Forwarded-For counts." env:"LAUREL_TRUSTED_PROXIES"`
	LagLimit             int           `help:"Events that may wait to be scored before new ones are refused, at least 1." env:"LAUREL_LAG_LIMIT" default:"200000"`
	HorizonDays          int           `help:"How old events may be that arrive, and for how long repeats are told, in days, 1 to 36500; 0 means what the database says, which is 400 unless it was set. It holds for all processes of the database. With the clock of events there is none." env:"LAUREL_HORIZON_DAYS" default:"0"`
	MaxSockets           int           `help:"Sockets that may be open in all, 1 to 1000000." env:"LAUREL_MAX_SOCKETS" default:"12000"`
	MaxSocketsPerAddress int           `help:"Sockets that one address may have open, 1 to 1000000; of IPv6 its /64. Behind a proxy set --trusted-proxies as well, else all are the proxy's." env:"LAUREL_MAX_SOCKETS_PER_ADDRESS" default:"2000"`
	Lanes                int           `help:"Batches that this process may fold at once, 0 to 8; 0 means 4 on Postgres and 1 on SQLite. With the clock of events there is one." env:"LAUREL_LANES" default:"0"`
	SnapshotEvery        time.Duration `help:"How often the top of each live board is kept, at least 1s." env:"LAUREL_SNAPSHOT_EVERY" default:"30s"`
	JournalRange         time.Duration `help:"The time that a range of the journal is meant to span, at least 1h. Ranges are archived and dropped as a whole." env:"LAUREL_JOURNAL_RANGE" default:"168h"`
	LogLevel             string        `help:"debug, info, warn or error." env:"LAUREL_LOG_LEVEL" default:"info" enum:"debug,info,warn,error"`
	TraceEndpoint        string        `help:"OpenTelemetry collector, such as http://127.0.0.1:4318. Off when empty." env:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL"`
	Profile              bool          `help:"Serve /debug/pprof to API keys with the scope admin." env:"LAUREL_PROFILE"`
}

// leastSnapshotEvery keeps a figure without its unit, such as 30, from being read as next to nothing.
const leastSnapshotEvery = time.Second

// maxLanes bounds the lanes of a process: each takes a connection to the database.
const maxLanes = 8

// socketsMost is the most sockets that one process may be set to hold: at 8 kB each they would take 8 GB.
const socketsMost = 1_000_000

// check finds what the types of the settings can't say.
func (d doors) check() error {
	if _, _, err := net.SplitHostPort(d.Listen); err != nil {
		return fmt.Errorf("--listen must be host:port, such as 127.0.0.1:8080, or :8080 for every address, but is %q", d.Listen)
	}
	switch {
	case d.LagLimit < 1:
		return fmt.Errorf("--lag-limit must be at least 1, but is %d", d.LagLimit)
	case d.HorizonDays < 0 || d.HorizonDays > journal.MaxHorizonDays:
		return fmt.Errorf("--horizon-days must be 1 to %d, or 0 for what the database says, but is %d", journal.MaxHorizonDays, d.HorizonDays)
	case d.Lanes < 0 || d.Lanes > maxLanes:
		return fmt.Errorf("--lanes must be 0 to %d, but is %d", maxLanes, d.Lanes)
	case d.MaxSockets < 1 || d.MaxSockets > socketsMost:
		return fmt.Errorf("--max-sockets must be 1 to %d, but is %d", socketsMost, d.MaxSockets)
	case d.MaxSocketsPerAddress < 1 || d.MaxSocketsPerAddress > socketsMost:
		return fmt.Errorf("--max-sockets-per-address must be 1 to %d, but is %d", socketsMost, d.MaxSocketsPerAddress)
	case d.JournalRange < journal.LeastRangeSpan:
		return fmt.Errorf("--journal-range must be at least %s, but is %s", journal.LeastRangeSpan, d.JournalRange)
	case d.SnapshotEvery < leastSnapshotEvery:
		return fmt.Errorf("--snapshot-every must be at least %s, but is %s", leastSnapshotEvery, d.SnapshotEvery)
	}
	return nil
}

// missing returns the path of a database file that is not there; empty when it is, or is no file.
func (s storage) missing() string {
	path, isFile := strings.CutPrefix(s.DatabaseURL, "sqlite:")
	if !isFile || path == "" {
		return ""
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return path
	}
	return ""
}

// check refuses a database that is not there. Verbs that only make sense of what is in it would otherwise make an empty one where a path is
// misspelt.
func (s storage) check() error {
	if path := s.missing(); path != "" {
		return fmt.Errorf("there is no database at %s: check --database-url, or make it with laurel migrate", path)
	}
	return nil
}

// tellNew says that a verb is about to make a database, which may be meant or a misspelt path.
func (s storage) tellNew(w io.Writer) {
	if path := s.missing(); path != "" {
		_, _ = fmt.Fprintf(w, "laurel: there is no database at %s yet: making it\n", path)
	}
}
