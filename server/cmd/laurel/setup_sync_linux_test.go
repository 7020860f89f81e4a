package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// watchedVerb is the first argument of this test program when it is to become another program whose syncs are watched.
const watchedVerb = "become-watched"

// syncs decides what becomes of the fsync and fdatasync calls of the programs that run through it. The kernel holds each call until it is
// told (seccomp's user notification), so that a disk can fail and recover under a program at work, which nothing in the program knows of.
type syncs struct {
	failing atomic.Bool
	// failed counts the calls that were answered with an input/output error.
	failed atomic.Int64
	// through is the command that becomes the program named after it.
	through []string
}

// watchSyncs listens for watched programs in dir, which must be short, as socket paths are. Other users may run them.
func watchSyncs(t *testing.T, dir string) *syncs {
	t.Helper()
	self, path := filepath.Join(dir, "watched"), filepath.Join(dir, "syncs")
	copyProgram(t, self)
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	require.NoError(t, err)
	require.NoError(t, os.Chmod(path, 0o777))
	t.Cleanup(func() { _ = listener.Close() })
	s := &syncs{through: []string{self, watchedVerb, path}}
	go func() {
		for {
			conn, err := listener.AcceptUnix()
			if err != nil {
				return
			}
			go s.answer(conn)
		}
	}()
	return s
}

// copyProgram puts this test program where other users may execute it. Another process copies: a file that was open for writing in this one
// may be so still in a child that a test beside this one is just starting, and then it can't be executed.
func copyProgram(t *testing.T, to string) {
	t.Helper()
	own, err := os.Executable()
	require.NoError(t, err)
	said, err := exec.Command("cp", own, to).CombinedOutput()
	require.NoError(t, err, "%s", said)
	require.NoError(t, os.Chmod(to, 0o755))
}

// notification and verdict are struct seccomp_notif and struct seccomp_notif_resp of linux/seccomp.h.
type notification struct {
	id         uint64
	pid, flags uint32
	data       [64]byte
}

type verdict struct {
	id    uint64
	value int64
	errno int32
	flags uint32
}

// answer takes the kernel's end of one watched program and answers its calls until no process of it is left.
func (s *syncs) answer(conn *net.UnixConn) {
	rights := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := conn.ReadMsgUnix(make([]byte, 1), rights)
	_ = conn.Close()
	if err != nil {
		return
	}
	messages, err := unix.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return
	}
	defer func() { _ = unix.Close(fds[0]) }()
	poll := []unix.PollFd{{Fd: int32(fds[0]), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(poll, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		if poll[0].Revents&unix.POLLIN == 0 {
			if poll[0].Revents != 0 {
				return
			}
			continue
		}
		var asked notification
		if !control(fds[0], unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&asked)) {
			continue // whoever asked was killed meanwhile
		}
		said := verdict{id: asked.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
		if s.failing.Load() {
			said = verdict{id: asked.id, errno: -int32(unix.EIO)}
			s.failed.Add(1)
		}
		control(fds[0], unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&said))
	}
}

func control(fd int, request uintptr, argument unsafe.Pointer) bool {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(argument))
	return errno == 0
}

// becomeWatched has the kernel hold this process' syncs, hands the other end to the test that listens on a socket, and becomes the command.
func becomeWatched(socket string, command []string) error {
	runtime.LockOSThread() // the filter is this thread's until the command takes over
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, // the number of the call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_FSYNC, Jt: 2},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_FDATASYNC, Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF},
	}
	rules := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER,
		uintptr(unsafe.Pointer(&rules)))
	if errno != 0 {
		return fmt.Errorf("hold syncs: %w", errno)
	}
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket})
	if err != nil {
		return err
	}
	if _, _, err := conn.WriteMsgUnix([]byte{0}, unix.UnixRights(int(fd)), nil); err != nil {
		return err
	}
	return syscall.Exec(command[0], command, os.Environ())
}
