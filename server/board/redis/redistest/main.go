package redistest

import (
	"fmt"
	"os"
	"testing"
	"time"

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
	err := goleak.Find()
	for deadline := time.Now().Add(answerWait); err != nil && time.Now().Before(deadline); {
		err = goleak.Find()
	}
	return err
}
