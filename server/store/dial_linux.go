package store

import (
	"context"
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// boundSilence has the kernel give a TCP connection up when the peer does not confirm what was sent; keep-alives only watch a connection on
// which nothing is.
func boundSilence(_ context.Context, network, _ string, connection syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var set error
	err := connection.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(peerSilence.Milliseconds()))
	})
	if err == nil {
		err = set
	}
	if err != nil {
		return fmt.Errorf("bound the silence of a connection: %w", err)
	}
	return nil
}
