//go:build !linux

package main

import "os/exec"

// endWithParent does nothing here: only Linux can tie a child's life to its parent's.
func endWithParent(*exec.Cmd) {}

// becomeOther does nothing here: only Linux lets a test hold another program's calls.
func becomeOther([]string) {}
