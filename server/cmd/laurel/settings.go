package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// storage is where a server keeps things.
type storage struct {
	DatabaseURL string `help:"sqlite:PATH or postgres://…" env:"LAUREL_DATABASE_URL" default:"sqlite:data/laurel.db" placeholder:"URL"`
	RedisURL    string `help:"redis://… for boards shared by several processes; redis+cluster://host:port?addr=host:port… for a cluster. Without it boards live in the process." env:"LAUREL_REDIS_URL" placeholder:"URL"`
}

// doors is how a server is reached.
type doors struct {
	Listen         string        `help:"Address to listen on." env:"LAUREL_LISTEN" default:"127.0.0.1:8080"`
	AllowedOrigins []string      `help:"Origins besides its own whose pages may open sockets; * for all. Public boards can be read from any page." env:"LAUREL_ALLOWED_ORIGINS"`
	TrustedProxies []string      `help:"Networks whose X-Forwarded-For counts." env:"LAUREL_TRUSTED_PROXIES"`
	LagLimit       int           `help:"Events that may wait to be scored before new ones are refused." env:"LAUREL_LAG_LIMIT" default:"200000"`
	SnapshotEvery  time.Duration `help:"How often the top of each live board is kept." env:"LAUREL_SNAPSHOT_EVERY" default:"30s"`
	LogLevel       string        `help:"debug, info, warn or error." env:"LAUREL_LOG_LEVEL" default:"info" enum:"debug,info,warn,error"`
	TraceEndpoint  string        `help:"OpenTelemetry collector, such as http://127.0.0.1:4318. Off when empty." env:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL"`
	Profile        bool          `help:"Serve /debug/pprof to API keys with the scope admin." env:"LAUREL_PROFILE"`
}

// readSettings reads laurel.yaml: flag names as keys, with - or _.
func readSettings(r io.Reader) (kong.Resolver, error) {
	values := map[string]any{}
	if err := yaml.NewDecoder(r).Decode(&values); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	known := map[string]any{}
	for name, value := range values {
		known[strings.ReplaceAll(name, "_", "-")] = value
	}
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		return known[flag.Name], nil
	}), nil
}
