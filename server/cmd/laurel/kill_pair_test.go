package main

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// blows come in turn. With a stopped process comes what it was about to commit: it is let go on when others own its partitions, and does
// not know.
var blows = []blow{
	{"stopped in a fold transaction", false, stopInFold, (*member).goOn},
	{"killed, beside long transactions of others", true, killNow, (*member).begin},
	{"stopped", false, stopNow, (*member).goOn},
	{"stopped in a fold transaction, beside long transactions of others", true, stopInFold, (*member).goOn},
	{"stopped in a fold transaction and killed later", false, stopInFold, (*member).begin},
}

// TestKillOneOfTwoNothingLostNothingTwice loses one of two processes again and again while senders post: each time the other one takes over
// and catches up, though a transaction of the lost one stands still with rows and locks in its hands, and though others have long
// transactions open.
func TestKillOneOfTwoNothingLostNothingTwice(t *testing.T) {
	t.Parallel()
	p := startPair(t, false)
	for number := range setting(t, "LAUREL_KILLS", killsByDefault) {
		p.strike(t, blows[number%len(blows)])
	}
	p.finish(t)
}

// cutsByDefault is how often a process is cut off; LAUREL_KILLS asks for more.
const cutsByDefault = 2

// TestKillLineOfOneOfTwoNothingLostNothingTwice cuts one of two processes off from Postgres and Redis. When its line is whole again, what
// it had said meanwhile arrives, and must change nothing.
func TestKillLineOfOneOfTwoNothingLostNothingTwice(t *testing.T) {
	t.Parallel()
	p := startPair(t, true)
	cuts := []blow{
		{"cut off in a fold transaction", false, cutInFold, (*member).mendLines},
		{"cut off", true, cutNow, (*member).mendLines},
	}
	for number := range setting(t, "LAUREL_KILLS", cutsByDefault) {
		p.strike(t, cuts[number%len(cuts)])
	}
	p.finish(t)
}

func killNow(_ *testing.T, _ *pair, victim *member) time.Time {
	began := time.Now()
	victim.kill()
	return began
}

func stopNow(t *testing.T, _ *pair, victim *member) time.Time {
	t.Helper()
	began := time.Now()
	victim.stopHere(t)
	return began
}

func stopInFold(t *testing.T, p *pair, victim *member) time.Time {
	t.Helper()
	return p.whileFolding(t, victim, func() { victim.stopHere(t) }, func() { victim.goOn(t) })
}

func cutNow(_ *testing.T, _ *pair, victim *member) time.Time {
	began := time.Now()
	victim.cut()
	return began
}

func cutInFold(t *testing.T, p *pair, victim *member) time.Time {
	t.Helper()
	return p.whileFolding(t, victim, victim.cut, victim.whole)
}

// begin starts the process, or one in its place.
func (m *member) begin(t *testing.T) {
	t.Helper()
	if m.child != nil {
		m.kill()
	}
	m.child = launch(t, m.settings, "serve")
	m.at, m.name = m.url(t), ""
}

// stopHere stops the process where it is, and goOn lets it go on, none the wiser.
func (m *member) stopHere(t *testing.T) {
	t.Helper()
	require.NoError(t, m.process.Process.Signal(syscall.SIGSTOP))
}

func (m *member) goOn(t *testing.T) {
	t.Helper()
	require.NoError(t, m.process.Process.Signal(syscall.SIGCONT))
}

// cut pulls the process' cables, and whole plugs them in again.
func (m *member) cut() {
	for _, l := range m.lines {
		l.cut()
	}
}

func (m *member) whole() {
	for _, l := range m.lines {
		l.mend()
	}
}

func (m *member) mendLines(*testing.T) { m.whole() }
