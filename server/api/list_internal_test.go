package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// TestBeginningOf1970IsABound has a list until the instant whose microseconds are those of no bound.
func TestBeginningOf1970IsABound(t *testing.T) {
	t.Parallel()
	from, until := bounds(&laurelv1.TimeRange{From: timestamppb.New(time.Unix(0, 0)), Until: timestamppb.New(time.Unix(0, 0))})
	require.Negative(t, from)
	require.Negative(t, until)
	from, until = bounds(nil)
	require.Zero(t, from)
	require.Zero(t, until)
}
