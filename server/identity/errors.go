package identity

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrUnauthenticated says that a credential is wrong, expired or revoked. Errors that wrap it carry the reason, which is safe to show.
	ErrUnauthenticated = errors.New("not signed in")
	// ErrNotFound says that no API key has the given id.
	ErrNotFound = errors.New("not found")
)

// InvalidError says which field of a request is wrong and what would be right.
type InvalidError struct {
	// Field is the name of the field, such as public_name.
	Field string
	// Message says what would be right.
	Message string
}

// Error returns field and message in one line.
func (e *InvalidError) Error() string { return e.Field + " " + e.Message }

// LimitError says that there were too many attempts.
type LimitError struct {
	// RetryAfter is how long to wait before the next attempt has a chance.
	RetryAfter time.Duration
}

// Error says how long to wait.
func (e *LimitError) Error() string {
	return fmt.Sprintf("too many attempts; try again in %s", e.RetryAfter.Round(time.Second))
}

func refused(reason string) error { return fmt.Errorf("%w: %s", ErrUnauthenticated, reason) }

func invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Message: fmt.Sprintf(format, args...)}
}
