package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"syscall"
	"time"
)

// Server is a Postgres server in a private folder, without fsync unless Durable was asked for.
type Server struct {
	bin, dir string
	port     int
	durable  bool
	owner    *syscall.Credential
	run      *exec.Cmd
	// Through, when set, is the command that Start runs the server by: it gets the server's command line as its arguments and becomes it.
	Through []string
}

// startTimeout bounds how long a server may take to accept connections.
const startTimeout = 3 * time.Minute

// StartServer makes an empty Postgres cluster below dir and starts it. With durable the server syncs at each commit, as production does.
func StartServer(ctx context.Context, dir string, durable bool) (*Server, error) {
	bin, err := findBin()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir, port: 5432, durable: durable}
	if err := s.own(); err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	out, err := s.command(ctx, "initdb", "-D", data, "-U", "laurel", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync").
		CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return s, s.Start(ctx)
}

// Start starts a stopped server and waits until it answers.
func (s *Server) Start(ctx context.Context) error {
	durable := "off"
	if s.durable {
		durable = "on"
	}
	s.run = s.command(context.WithoutCancel(ctx), "postgres", "-D", filepath.Join(s.dir, "data"), "-k", s.dir, "-p", strconv.Itoa(s.port),
		"-c", "listen_addresses=", "-c", "fsync="+durable, "-c", "full_page_writes="+durable, "-c", "max_connections=1000", "-c",
		"shared_buffers=128MB")
	s.run.Stdout, s.run.Stderr = io.Discard, io.Discard
	if err := s.run.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	deadline := time.NewTimer(startTimeout)
	defer deadline.Stop()
	for {
		if err := s.ping(ctx); err == nil {
			return nil
		}
		select {
		case <-deadline.C:
			return errors.Join(errors.New("postgres did not answer in time"), s.Stop())
		case <-ctx.Done():
			return errors.Join(ctx.Err(), s.Stop())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Server) ping(ctx context.Context) error {
	pool, err := sql.Open("pgx", s.URL("postgres"))
	if err != nil {
		return err
	}
	return errors.Join(pool.PingContext(ctx), pool.Close())
}

// Stop ends the server at once, as a crash would; what was committed durably is there after Start.
func (s *Server) Stop() error {
	if s.run == nil || s.run.Process == nil {
		return nil
	}
	err := s.run.Process.Signal(syscall.SIGQUIT)
	waited := s.run.Wait()
	s.run = nil
	var exit *exec.ExitError
	if errors.As(waited, &exit) {
		waited = nil
	}
	return errors.Join(err, waited)
}

// Dir is the server's own folder, which its user may enter.
func (s *Server) Dir() string { return s.dir }

// URL is the address of a database of this server.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://laurel@/%s?host=%s&port=%d", database, s.dir, s.port)
}

// Run runs a program of Postgres, such as pg_dump, that finds the server by itself.
func (s *Server) Run(ctx context.Context, name string, args ...string) error {
	args = append([]string{"-h", s.dir, "-p", strconv.Itoa(s.port), "-U", "laurel"}, args...)
	if out, err := s.command(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// command runs a program of Postgres as an ordinary user, since it refuses to run as root. It ends with the test process.
func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	line := append([]string{filepath.Join(s.bin, name)}, args...)
	if name == "postgres" {
		line = append(slices.Clone(s.Through), line...)
	}
	command := exec.CommandContext(ctx, line[0], line[1:]...)
	command.Dir = s.dir
	command.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner}
	endWithParent(command.SysProcAttr)
	return command
}

// own gives the folder to the user postgres when the tests run as root.
func (s *Server) own() error {
	if os.Geteuid() != 0 {
		return nil
	}
	owner, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("look up user postgres: %w", err)
	}
	uid, err := strconv.ParseUint(owner.Uid, 10, 32)
	if err != nil {
		return fmt.Errorf("read user postgres: %w", err)
	}
	gid, err := strconv.ParseUint(owner.Gid, 10, 32)
	if err != nil {
		return fmt.Errorf("read group postgres: %w", err)
	}
	s.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(s.dir, int(uid), int(gid))
}

func findBin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		if path, err := exec.LookPath("initdb"); err == nil {
			return filepath.Dir(path), nil
		}
		return "", errors.New("postgres is not installed; on Debian: apt-get install postgresql")
	}
	sort.Strings(found)
	return filepath.Dir(found[len(found)-1]), nil
}
