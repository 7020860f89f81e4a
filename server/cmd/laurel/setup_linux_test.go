package main

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel kill a child when the test process dies without running its clean-up, as it does on a test timeout.
func endWithParent(process *exec.Cmd) {
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
