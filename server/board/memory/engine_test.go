package memory_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/boardtest"
	"github.com/laurelhq/laurel/server/board/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	boardtest.Run(t, func(*testing.T) board.Engine { return memory.New() })
}
