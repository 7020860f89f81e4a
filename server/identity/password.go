package identity

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/alexedwards/argon2id"
)

const (
	// hashingAtOnce bounds password hashes computed at the same time: each takes passwordParams.Memory.
	hashingAtOnce = 2
	// hashingWaiting bounds the callers who wait for their turn; further ones are asked to come back.
	hashingWaiting = 64
	hashingRetry   = 2 * time.Second
	// minPasswordBytes and maxPasswordBytes bound a new password.
	minPasswordBytes = 8
	maxPasswordBytes = 256
)

// passwordParams follow RFC 9106's advice for memory-bound servers: 32 MiB, three passes, one lane; some 50 ms.
var passwordParams = argon2id.Params{Memory: 32 * 1024, Iterations: 3, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hasher computes password hashes, a few at a time.
type hasher struct {
	slots   chan struct{}
	waiting atomic.Int64
	// unknown is the hash of a random password: names that don't exist are checked against it, so that they take as long as those that do.
	unknown string
	params  *argon2id.Params
}

func newHasher(params argon2id.Params, randomPassword string) (*hasher, error) {
	unknown, err := argon2id.CreateHash(randomPassword, &params)
	if err != nil {
		return nil, fmt.Errorf("hash password: %w", err)
	}
	return &hasher{slots: make(chan struct{}, hashingAtOnce), unknown: unknown, params: &params}, nil
}

// checkPassword holds a new password against its bounds.
func checkPassword(password string) error {
	if len(password) < minPasswordBytes || len(password) > maxPasswordBytes {
		return invalid("password", "has %d bytes; it must have %d to %d", len(password), minPasswordBytes, maxPasswordBytes)
	}
	return nil
}

// hash returns the argon2id hash of a new password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := checkPassword(password); err != nil {
		return "", err
	}
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	hash, err := argon2id.CreateHash(password, h.params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

// matches reports whether the password has this hash. An empty hash stands for a name that does not exist: it never matches and takes as
// long.
func (h *hasher) matches(ctx context.Context, password, hash string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer func() { <-h.slots }()
	known := hash != ""
	if !known {
		hash = h.unknown
	}
	same, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	return same && known, nil
}

func (h *hasher) enter(ctx context.Context) error {
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > hashingWaiting {
		return &LimitError{RetryAfter: hashingRetry}
	}
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait to check password: %w", ctx.Err())
	}
}
