package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/laurelhq/laurel/ent/db"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/realtime"
	"github.com/laurelhq/laurel/server/store"
)

// openPeople makes who may do what, and the given operator.
func (p *process) openPeople(ctx context.Context) (err error) {
	p.people, err = identity.Open(ctx, identity.Settings{
		Read: p.database.Ent(), Write: entWrites(p.database), Now: p.wall, DevAPIKey: p.devKey, TrustedProxies: p.TrustedProxies,
	})
	if err != nil || p.operator == nil {
		return err
	}
	return p.people.EnsureOperator(ctx, p.operator.name, p.operator.password, identity.Roles())
}

// entWrites hands out ent clients inside write transactions.
func entWrites(s *store.Store) func(context.Context, func(context.Context, *db.Client) error) error {
	return func(ctx context.Context, do func(context.Context, *db.Client) error) error {
		return s.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return do(ctx, tx.Ent()) })
	}
}

func names(people *identity.Service) func(context.Context, []string) ([]realtime.PublicName, error) {
	return func(ctx context.Context, userIDs []string) ([]realtime.PublicName, error) {
		known, err := people.Names(ctx, userIDs)
		if err != nil {
			return nil, err
		}
		list := make([]realtime.PublicName, len(known))
		for i, name := range known {
			list[i] = realtime.PublicName{Key: name.Key, Name: name.Name}
		}
		return list, nil
	}
}

// viewer authenticates a socket: by the token of its hello, else by the request's own credentials.
func viewer(people *identity.Service) func(*http.Request, string) (realtime.Viewer, error) {
	return func(r *http.Request, token string) (realtime.Viewer, error) {
		if token != "" {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", "Bearer "+token)
		}
		caller, err := people.Authenticate(r)
		seen := realtime.Viewer{UserID: caller.UserID, SeesUserIDs: caller.SeesUserIDs(), Expires: caller.Expires}
		if caller.Kind == identity.OperatorCaller || caller.Kind == identity.APIKeyCaller {
			seen.Renew = func(ctx context.Context) error { return unauthenticated(people.Renew(ctx, caller)) }
		}
		return seen, unauthenticated(err)
	}
}

// unauthenticated gives a wrong credential the name that sockets know.
func unauthenticated(err error) error {
	if errors.Is(err, identity.ErrUnauthenticated) {
		return fmt.Errorf("%w: %s", realtime.ErrUnauthenticated, err.Error())
	}
	return err
}
