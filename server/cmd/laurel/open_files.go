//go:build linux || darwin

package main

import (
	"fmt"
	"syscall"
)

// allowFiles sees to it that the process may have so many files open, sockets among them. The runtime has raised the limit to the most that
// the system allows, and a process with the right to do so raises that as well.
func allowFiles(need int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read the limit of open files: %w", err)
	}
	if limit.Cur >= uint64(need) {
		return nil
	}
	raised := syscall.Rlimit{Cur: uint64(need), Max: max(limit.Max, uint64(need))}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err != nil {
		return fmt.Errorf("%d open files are needed and the system allows %d: raise it with ulimit -Hn %d as root, or LimitNOFILE=%d in a "+
			"unit of systemd",
			need, limit.Max, need, need)
	}
	return nil
}
