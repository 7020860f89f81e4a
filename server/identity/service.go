package identity

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/alexedwards/scs/v2"
	"github.com/maypok86/otter/v2"

	"github.com/laurelhq/laurel/ent/db"
)

const (
	// accountFresh bounds how long a revoked API key or a disabled operator may still pass in a process that has just seen it valid.
	accountFresh = 5 * time.Second
	// maxCachedAccounts bounds the API keys and operators remembered as valid.
	maxCachedAccounts = 10_000
	// maxCachedNames bounds the players whose public name is remembered.
	maxCachedNames = 50_000
	// namesFresh bounds how long another process may still show a player's former public name.
	namesFresh = 10 * time.Second
)

// Settings are what the package needs from outside.
type Settings struct {
	// Read is for reads outside a transaction.
	Read *db.Client
	// Write runs do in one write transaction; do uses only the client it is given.
	Write func(ctx context.Context, do func(ctx context.Context, tx *db.Client) error) error
	// Now is the wall clock: credentials expire by it even where contests follow another clock.
	Now func() time.Time
	// DevAPIKey is a fixed bearer with all scopes; empty means there is none.
	DevAPIKey string
	// TrustedProxies are the networks or addresses whose X-Forwarded-For counts.
	TrustedProxies []string
	// SessionIdle ends a session that was not used for so long; 0 means 2 hours.
	SessionIdle time.Duration
	// SessionAbsolute ends every session; 0 means 12 hours.
	SessionAbsolute time.Duration
	// Password sets the cost of password hashes; nil means 32 MiB and three passes.
	Password *argon2id.Params
}

// Service answers who a caller is. It is safe for concurrent use.
type Service struct {
	records   records
	now       func() time.Time
	devKey    *[32]byte
	proxies   Proxies
	passwords *hasher
	attempts  *attempts
	sessions  *scs.SessionManager
	origin    *http.CrossOriginProtection
	tokens    tokenSigner
	pseudonym []byte
	seal      sealer

	keys      *otter.Cache[string, seen[keyRecord]]
	operators *otter.Cache[string, seen[operatorRecord]]
	names     *otter.Cache[string, seen[PublicName]]
}

// seen is a cached value with the time at which the database said so.
type seen[V any] struct {
	value V
	at    time.Time
}

// Open reads the installation's keys, making them when this is the first process to ask, and returns the service.
func Open(ctx context.Context, settings Settings) (*Service, error) {
	if settings.Read == nil || settings.Write == nil || settings.Now == nil {
		return nil, errors.New("open identity: Read, Write and Now must be set")
	}
	s := &Service{
		records: records{read: settings.Read, write: settings.Write, now: settings.Now},
		now:     settings.Now,
		origin:  http.NewCrossOriginProtection(),
	}
	var err error
	if s.proxies, err = ParseProxies(settings.TrustedProxies); err != nil {
		return nil, err
	}
	if key := settings.DevAPIKey; key != strings.TrimSpace(key) || len(key) > maxBearerBytes {
		return nil, fmt.Errorf("the dev API key must have at most %d bytes and no blanks at its ends: no caller could send it", maxBearerBytes)
	}
	if settings.DevAPIKey != "" {
		digest := digestOf(settings.DevAPIKey)
		s.devKey = &digest
	}
	params := passwordParams
	if settings.Password != nil {
		params = *settings.Password
	}
	if s.passwords, err = newHasher(params, rand.Text()); err != nil {
		return nil, err
	}
	if err := s.openCaches(); err != nil {
		return nil, fmt.Errorf("open identity caches: %w", err)
	}
	s.sessions = newSessions(s.records, settings.SessionIdle, settings.SessionAbsolute)
	if s.tokens, err = openTokenSigner(ctx, s.records); err != nil {
		return nil, err
	}
	if s.pseudonym, err = openPseudonymKey(ctx, s.records); err != nil {
		return nil, err
	}
	if s.seal, err = newSealer(s.pseudonym); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Service) openCaches() error {
	var err error
	if s.attempts, err = newAttempts(s.now); err != nil {
		return err
	}
	if s.keys, err = otter.New(&otter.Options[string, seen[keyRecord]]{MaximumSize: maxCachedAccounts}); err != nil {
		return err
	}
	if s.operators, err = otter.New(&otter.Options[string, seen[operatorRecord]]{MaximumSize: maxCachedAccounts}); err != nil {
		return err
	}
	s.names, err = otter.New(&otter.Options[string, seen[PublicName]]{MaximumSize: maxCachedNames})
	return err
}

// Proxies are the listed proxies, for whoever has to know a peer's address without authenticating it.
func (s *Service) Proxies() Proxies { return s.proxies }
