package redistest

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clusterNodes is the fewest masters a Redis Cluster accepts.
const clusterNodes = 3

// StartCluster runs a Redis Cluster of three masters and returns its nodes once every one of them serves.
func StartCluster(t testing.TB) []*Server {
	t.Helper()
	_, err := exec.LookPath("redis-cli")
	require.NoError(t, err, "this test needs redis-cli: apt-get install redis-tools")
	nodes := make([]*Server, clusterNodes)
	arguments := []string{"--cluster", "create"}
	for i := range nodes {
		nodes[i] = Start(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(freePort(t)))
		arguments = append(arguments, nodes[i].Addr)
	}
	output, err := exec.CommandContext(t.Context(), "redis-cli", append(arguments, "--cluster-yes")...).CombinedOutput()
	require.NoError(t, err, "%s", output)
	for _, node := range nodes {
		node.awaitCluster(t)
	}
	return nodes
}

// Addrs lists the addresses of the servers.
func Addrs(servers []*Server) []string {
	addrs := make([]string, len(servers))
	for i, s := range servers {
		addrs[i] = s.Addr
	}
	return addrs
}

func (s *Server) awaitCluster(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), answerWait)
	defer cancel()
	poll := time.NewTicker(answerPoll)
	defer poll.Stop()
	for {
		info, err := s.client.ClusterInfo(ctx).Result()
		if err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:"+strconv.Itoa(clusterNodes)) {
			return
		}
		select {
		case <-ctx.Done():
			require.NoError(t, ctx.Err(), "node %s does not join the cluster", s.Addr)
		case <-poll.C:
		}
	}
}
