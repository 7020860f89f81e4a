package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kong"

	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
)

// tokenCmd is the verb token.
type tokenCmd struct {
	Player playerTokenCmd `cmd:"" help:"Print a token with which a player's client reads boards and the socket."`
	Key    keyTokenCmd    `cmd:"" help:"Make an API key and print it. It can't be shown again."`
	List   listTokenCmd   `cmd:"" help:"Show the API keys, the newest first: id, name, source, scopes, and when they were made and revoked, in UTC. Secrets are kept nowhere, and when a key was last used isn't known."`
	Revoke revokeTokenCmd `cmd:"" help:"Make an API key invalid; running servers follow within five seconds."`
}

type playerTokenCmd struct {
	storage
	User string        `arg:"" help:"The player's user id, as events name it."`
	TTL  time.Duration `name:"ttl" default:"1h" help:"How long it is valid, 1s to 24h."`
}

// Run prints the token.
func (c *playerTokenCmd) Run(ctx context.Context, cli *kong.Context) error {
	if c.TTL < time.Second || c.TTL > identity.MaxTokenTTL {
		return fmt.Errorf("--ttl must be 1s to %s, but is %s", identity.MaxTokenTTL, c.TTL)
	}
	c.tellNew(cli.Stderr)
	return withIdentity(ctx, c.storage, func(people *identity.Service) error {
		token, err := people.MintPlayerToken(c.User, c.TTL)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(cli.Stdout, token)
		return err
	})
}

type keyTokenCmd struct {
	storage
	Name   string   `arg:"" help:"Name people recognise it by."`
	Source string   `default:"main" help:"Whose events it sends: keys of one source share their event ids, those of two can't take each other's. A lower-case letter, then a to z, 0 to 9, _ and -."`
	Scopes []string `default:"ingest,read" enum:"ingest,read,admin,player_tokens" help:"What it may be used for: ingest, read, admin, player_tokens."`
}

// Run prints the key, and its public id beside it.
func (c *keyTokenCmd) Run(ctx context.Context, cli *kong.Context) error {
	scopes := make([]identity.Scope, len(c.Scopes))
	for i, scope := range c.Scopes {
		scopes[i] = identity.Scope(scope)
	}
	c.tellNew(cli.Stderr)
	return withIdentity(ctx, c.storage, func(people *identity.Service) error {
		key, bearer, err := people.CreateAPIKey(ctx, c.Name, c.Source, scopes)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(cli.Stdout, bearer)
		return errors.Join(err, second(fmt.Fprintf(cli.Stderr, "id %s, source %s, scopes %v\n", key.ID, key.Source, key.Scopes)))
	})
}

type listTokenCmd struct {
	storage
	Source string `help:"Only keys that send events of this source."`
	Valid  bool   `help:"Only keys that were not revoked."`
}

// keysAtOnce is how many keys are read at once.
const keysAtOnce = 200

// Run prints one line a key.
func (c *listTokenCmd) Run(ctx context.Context, cli *kong.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	return withIdentity(ctx, c.storage, func(people *identity.Service) error {
		table := tabwriter.NewWriter(cli.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tNAME\tSOURCE\tSCOPES\tMADE\tREVOKED")
		wanted := identity.KeyListing{Listing: store.Listing{Limit: keysAtOnce}, ValidOnly: c.Valid}
		for {
			keys, err := people.ListAPIKeys(ctx, wanted)
			if err != nil {
				return err
			}
			for _, key := range keys {
				if c.Source == "" || c.Source == key.Source {
					fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", key.ID, shownName(key.Name), key.Source, scopesText(key.Scopes),
						shownTime(key.CreatedAt), shownTime(key.RevokedAt))
				}
			}
			if len(keys) < keysAtOnce {
				return table.Flush()
			}
			last := identity.PlaceOf(keys[len(keys)-1])
			wanted.AfterKey = &last
		}
	})
}

// shownName is a name that people gave, in quotes when it would not stand on a line as it is.
func shownName(name string) string {
	if quoted := strconv.Quote(name); quoted != `"`+name+`"` {
		return quoted
	}
	return name
}

func scopesText(scopes []identity.Scope) string {
	texts := make([]string, len(scopes))
	for i, scope := range scopes {
		texts[i] = string(scope)
	}
	return strings.Join(texts, ",")
}

// shownTime is a time to the second; - when it was never.
func shownTime(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.UTC().Format(time.RFC3339)
}

type revokeTokenCmd struct {
	storage
	ID string `arg:"" help:"The key's public id: the part between lk_ and the next _."`
}

// Run revokes the key.
func (c *revokeTokenCmd) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	return withIdentity(ctx, c.storage, func(people *identity.Service) error { return people.RevokeAPIKey(ctx, c.ID) })
}

func second(_ int, err error) error { return err }

// withIdentity opens the database for one task. It may be in use by a running server.
func withIdentity(ctx context.Context, where storage, do func(people *identity.Service) error) (err error) {
	database, err := store.Open(ctx, where.DatabaseURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	if _, err := database.Migrate(ctx); err != nil {
		return err
	}
	people, err := identity.Open(ctx, identity.Settings{Read: database.Ent(), Write: entWrites(database), Now: wall})
	if err != nil {
		return err
	}
	return do(people)
}
