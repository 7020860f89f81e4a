package redis

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The first value is the check value of CRC-16/XMODEM in the Redis Cluster specification, the others are what CLUSTER KEYSLOT answers.
func TestSlot(t *testing.T) {
	t.Parallel()
	for board, want := range map[string]int{"123456789": 0x31c3, "a": 15495, "b": 3300, "c": 7365, "foo": 12182} {
		require.Equal(t, want, slot(board), board)
	}
}

func TestTagKeepsBoardsApart(t *testing.T) {
	t.Parallel()
	seen := make(map[string]string)
	for _, board := range []string{"", "%", "%25", "}", "%7D", "a}b", "a%7Db", "{", "{}"} {
		got := tag(board)
		require.NotEmpty(t, got)
		require.NotContains(t, got, "}")
		require.NotContains(t, seen, got, "%q and %q have one tag", board, seen[got])
		seen[got] = board
	}
}
