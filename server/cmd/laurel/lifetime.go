package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// closers closes what was opened, last first.
type closers struct {
	names []string
	list  []func() error
}

func (c *closers) add(name string, closer func() error) {
	c.names, c.list = append(c.names, name), append(c.list, closer)
}

func (c *closers) close() (err error) {
	for i := len(c.list) - 1; i >= 0; i-- {
		if failed := c.list[i](); failed != nil {
			err = errors.Join(err, fmt.Errorf("close %s: %w", c.names[i], failed))
		}
	}
	return err
}

// workers are the goroutines that run as long as the server serves.
type workers struct {
	ctx    context.Context
	cancel context.CancelFunc
	group  sync.WaitGroup
}

// newWorkers outlive ctx: they stop after the doors are closed.
func newWorkers(ctx context.Context) *workers {
	w := &workers{}
	w.ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return w
}

func (w *workers) start(run func(context.Context)) { w.group.Go(func() { run(w.ctx) }) }

func (w *workers) stop() {
	w.cancel()
	w.group.Wait()
}
