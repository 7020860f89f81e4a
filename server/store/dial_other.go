//go:build !linux

package store

import (
	"context"
	"syscall"
)

// boundSilence does nothing: only Linux has a time-out for what was sent and not confirmed. Keep-alives remain.
func boundSilence(context.Context, string, string, syscall.RawConn) error { return nil }
