package redistest

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	// firstPort and lastPort bound the ports of test servers. They lie below those that systems give to outgoing connections (Linux from
	// 32 768, others from 49 152): a server that was killed comes back at its port, and no connection may have it meanwhile.
	firstPort, lastPort = 10_000, 29_999
	// claimAttempts bounds the tries to find a port that nobody has.
	claimAttempts = 1000
)

// claimPort finds a TCP port that nobody listens on and keeps it for this test until it ends, however often its server is killed. The claim
// is a UDP socket of the same number, which all test processes of the machine respect and the kernel takes back when they die.
func claimPort(t testing.TB) int {
	t.Helper()
	var config net.ListenConfig
	for range claimAttempts {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		claim, err := config.ListenPacket(t.Context(), "udp4", address)
		if err != nil {
			continue // another test has it
		}
		listener, err := config.Listen(t.Context(), "tcp4", address)
		if err != nil {
			_ = claim.Close()
			continue // something else on this machine listens there
		}
		require.NoError(t, listener.Close())
		t.Cleanup(func() { _ = claim.Close() })
		return port
	}
	require.Fail(t, "no free port", "tried %d ports from %d to %d", claimAttempts, firstPort, lastPort)
	return 0
}
