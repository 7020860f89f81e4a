package storetest

import "syscall"

// endWithParent has the kernel stop a server whose test process was killed.
func endWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGQUIT }
