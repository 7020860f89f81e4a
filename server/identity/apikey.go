package identity

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/word"
)

const (
	bearerPrefix   = "lk_"
	publicIDBytes  = 10 // 16 characters
	secretBytes    = 32 // 256 bits
	maxKeyName     = 64
	maxSource      = 32
	maxBearerBytes = 4096
	devKeyID       = "dev"
)

// APIKey is the key of another system, without its secret.
type APIKey struct {
	// ID is public: it stands in logs and lists.
	ID   string
	Name string
	// Source is whose events it sends, and a part of their identity; main unless it was named.
	Source    string
	Scopes    []Scope
	CreatedAt time.Time
	// RevokedAt is zero while the key is valid.
	RevokedAt time.Time
}

// sourceShape is what a source may be called.
var sourceShape = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

// CreateAPIKey makes a key that sends events of a source; empty means main. The bearer is what callers send; it can't be read again.
// InvalidError names the field that is wrong.
func (s *Service) CreateAPIKey(ctx context.Context, name, source string, scopes []Scope) (key APIKey, bearer string, err error) {
	source = cmp.Or(source, event.SourceMain)
	switch {
	case len(source) > maxSource || !sourceShape.MatchString(source):
		return APIKey{}, "", invalid("source", "must be a lower-case letter and up to %d more of a to z, 0 to 9, _ and -", maxSource-1)
	case source == event.SourceLaurel:
		return APIKey{}, "", invalid("source", "%s is that of events which Laurel emits; take another name", event.SourceLaurel)
	}
	if name == "" || len(name) > maxKeyName || !utf8.ValidString(name) {
		return APIKey{}, "", invalid("name", "must be 1 to %d bytes of text", maxKeyName)
	}
	if problem := word.NameProblem(name); problem != "" {
		return APIKey{}, "", invalid("name", "%s", problem)
	}
	if len(scopes) == 0 || len(scopes) > len(Scopes()) {
		return APIKey{}, "", invalid("scopes", "must name 1 to %d of %v", len(Scopes()), Scopes())
	}
	for _, scope := range scopes {
		if !slices.Contains(Scopes(), scope) {
			return APIKey{}, "", invalid("scopes", "%q is not one of %v", scope, Scopes())
		}
	}
	key = APIKey{ID: randomText(publicIDBytes), Name: name, Source: source, Scopes: scopes, CreatedAt: s.now().UTC().
		Truncate(time.Microsecond)}
	secret := randomText(secretBytes)
	digest := digestOf(secret)
	if err := s.records.addKey(ctx, keyRecord{APIKey: key, secretHash: digest[:]}); err != nil {
		return APIKey{}, "", err
	}
	return key, bearerPrefix + key.ID + "_" + secret, nil
}

// KeyListing is the part of the list of API keys that somebody wants: those that meet a filter, from behind a given one on.
type KeyListing struct {
	store.Listing
	// ByName orders by name and id instead of by time. ValidOnly leaves out revoked keys.
	ByName, ValidOnly bool
	// AfterKey is the last key that was shown; nil begins the list. Listing.After is not used.
	AfterKey *KeyPlace
}

// KeyPlace is where an API key stands in a list.
type KeyPlace struct {
	CreatedMicros int64  `json:"c"`
	Name          string `json:"n"`
	ID            string `json:"i"`
}

// PlaceOf is where a listed key stands.
func PlaceOf(key APIKey) KeyPlace {
	return KeyPlace{CreatedMicros: key.CreatedAt.UnixMicro(), Name: key.Name, ID: key.ID}
}

// ListAPIKeys returns keys without their secrets.
func (s *Service) ListAPIKeys(ctx context.Context, wanted KeyListing) ([]APIKey, error) {
	return s.records.listKeys(ctx, wanted)
}

// RevokeAPIKey makes a key invalid, in every process within five seconds. Revoking twice is no error; ErrNotFound when no key has the id.
func (s *Service) RevokeAPIKey(ctx context.Context, id string) error {
	err := s.records.revokeKey(ctx, id)
	s.keys.Invalidate(id)
	return err
}

// fromAPIKey returns the caller behind a bearer that starts with lk_.
func (s *Service) fromAPIKey(ctx context.Context, bearer string) (Caller, error) {
	id, secret, ok := strings.Cut(strings.TrimPrefix(bearer, bearerPrefix), "_")
	if !ok || !encodes(id, publicIDBytes) || !encodes(secret, secretBytes) {
		return Caller{}, refused("the API key is not of the form lk_<id>_<secret>")
	}
	record, found, err := s.key(ctx, id)
	if err != nil {
		return Caller{}, err
	}
	digest := digestOf(secret)
	if subtle.ConstantTimeCompare(digest[:], record.secretHash) != 1 || !found {
		return Caller{}, refused("the API key is unknown")
	}
	if !record.RevokedAt.IsZero() {
		return Caller{}, refused("the API key was revoked")
	}
	return Caller{Kind: APIKeyCaller, ID: record.ID, Source: record.Source, Scopes: record.Scopes}, nil
}

// encodes reports whether text is what randomText made of so many bytes. Nothing else is looked for in the database.
func encodes(text string, size int) bool {
	decoded, err := lowerBase32.DecodeString(text)
	return err == nil && len(decoded) == size && !hasLineEnd(text)
}

// key reads a key, at most accountFresh old. Unknown ids are not remembered, so a new key works at once everywhere.
func (s *Service) key(ctx context.Context, id string) (keyRecord, bool, error) {
	now := s.now()
	if cached, ok := s.keys.GetIfPresent(id); ok && now.Sub(cached.at) < accountFresh {
		return cached.value, true, nil
	}
	record, found, err := s.records.keyByID(ctx, id)
	if err == nil && found {
		s.keys.Set(id, seen[keyRecord]{record, now})
	}
	return record, found, err
}

// isDevKey compares digests, so that the time tells nothing about the key.
func (s *Service) isDevKey(bearer string) bool {
	if s.devKey == nil {
		return false
	}
	digest := digestOf(bearer)
	return subtle.ConstantTimeCompare(digest[:], s.devKey[:]) == 1
}

func digestOf(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }

// randomText returns bytes from the system's source of randomness, as lower-case base32. crypto/rand never fails: it ends the process
// instead.
func randomText(size int) string {
	secret := make([]byte, size)
	_, _ = rand.Read(secret)
	return lowerBase32.EncodeToString(secret)
}
