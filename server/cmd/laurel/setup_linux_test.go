package main

import (
	"os/exec"
	"syscall"
)

// becomeOther makes this test program what a test started it as.
func becomeOther(args []string) {
	if len(args) > 3 && args[1] == watchedVerb {
		panic(becomeWatched(args[2], args[3:]))
	}
}

// endWithParent has the kernel kill a child when the test process dies without running its clean-up, as it does on a test timeout.
func endWithParent(process *exec.Cmd) {
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
