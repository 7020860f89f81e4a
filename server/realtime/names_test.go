package realtime

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// directory answers for names and remembers what it was asked.
type directory struct {
	asked [][]string
	short bool
	down  bool
	at    time.Time
}

func (d *directory) names(_ context.Context, users []string) ([]PublicName, error) {
	if d.down {
		return nil, errors.New("directory is down")
	}
	d.asked = append(d.asked, users)
	var names []PublicName
	for _, user := range users {
		names = append(names, PublicName{Key: "key-" + user, Name: fmt.Sprint(user, "\xff", len(d.asked))})
	}
	if d.short {
		names = names[1:]
	}
	return names, nil
}

func (d *directory) cache(limit int) *nameCache {
	d.at = time.Unix(1000, 0)
	return newNameCache(Config{
		Names: d.names, Now: func() time.Time { return d.at }, Limits: Limits{Names: limit, NameAge: time.Minute},
	})
}

func TestNamesAreAskedOnceInABatch(t *testing.T) {
	t.Parallel()
	d := &directory{}
	cache := d.cache(100)
	names, err := cache.of(t.Context(), []string{"a", "b", "a"})
	require.NoError(t, err)
	require.Equal(t, map[string]PublicName{"a": {"key-a", "a�1"}, "b": {"key-b", "b�1"}}, names)
	_, err = cache.of(t.Context(), []string{"b", "c"})
	require.NoError(t, err)
	_, err = cache.of(t.Context(), []string{"a", "b", "c"})
	require.NoError(t, err)
	require.Equal(t, [][]string{{"a", "b"}, {"c"}}, d.asked)
}

func TestNamesAreAskedAgainWhenOldOrForgotten(t *testing.T) {
	t.Parallel()
	d := &directory{}
	cache := d.cache(100)
	ask := func() string {
		names, err := cache.of(t.Context(), []string{"a"})
		require.NoError(t, err)
		return names["a"].Name
	}
	require.Equal(t, "a�1", ask())
	d.at = d.at.Add(61 * time.Second)
	require.Equal(t, "a�1", ask())
	d.at = d.at.Add(61 * time.Second)
	require.Equal(t, "a�2", ask())
	cache.forget([]string{"a"})
	require.Equal(t, "a�3", ask())
}

func TestNamesAreBounded(t *testing.T) {
	t.Parallel()
	d := &directory{}
	cache := d.cache(10)
	var users []string
	for i := range 2500 {
		users = append(users, fmt.Sprint(i))
	}
	names, err := cache.of(t.Context(), users)
	require.NoError(t, err)
	require.Len(t, names, 2500)
	require.LessOrEqual(t, len(cache.young)+len(cache.old), 10)
	require.Len(t, d.asked, 3, "a thousand at a time")
}

func TestWrongNamesAreAnError(t *testing.T) {
	t.Parallel()
	d := &directory{short: true}
	_, err := d.cache(10).of(t.Context(), []string{"a", "b"})
	require.ErrorContains(t, err, "1 names for 2 players")
	d = &directory{down: true}
	_, err = d.cache(10).of(t.Context(), []string{"a", "b"})
	require.ErrorContains(t, err, "read public names: directory is down")
}
