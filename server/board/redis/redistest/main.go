package redistest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Main runs a package's tests and fails when they leave goroutines behind; call it from TestMain. It waits for those that end by
// themselves: a client whose server was away looks for it once a second, even after it was closed.
func Main(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if err := leaked(); err != nil {
			fmt.Fprintln(os.Stderr, "tests left goroutines behind:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// leaked returns the goroutines that are still there after answerWait.
func leaked() error {
	waiting, stop := context.WithTimeout(context.Background(), answerWait)
	defer stop()
	for {
		if err := goleak.Find(); err == nil || waiting.Err() != nil {
			return err
		}
	}
}
