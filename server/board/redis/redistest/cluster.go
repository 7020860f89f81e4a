package redistest

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
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
		nodes[i] = Start(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(claimPort(t)))
		arguments = append(arguments, nodes[i].Addr)
	}
	output, err := exec.CommandContext(t.Context(), "redis-cli", append(arguments, "--cluster-yes")...).CombinedOutput()
	require.NoError(t, err, "%s", output)
	for _, node := range nodes {
		node.awaitCluster(t)
	}
	return nodes
}

// ClusterOptions are Options for a client of a cluster of these servers.
func ClusterOptions(servers []*Server) *goredis.ClusterOptions {
	one := Options("")
	options := &goredis.ClusterOptions{
		DialTimeout: one.DialTimeout, ReadTimeout: one.ReadTimeout, WriteTimeout: one.WriteTimeout, PoolTimeout: one.PoolTimeout,
	}
	for _, s := range servers {
		options.Addrs = append(options.Addrs, s.Addr)
	}
	return options
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
