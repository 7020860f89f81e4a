package main

import (
	"context"
	"fmt"

	"github.com/laurelhq/laurel/server/store"
)

type migrateCmd struct {
	storage
}

// Run migrates the database.
func (c *migrateCmd) Run(ctx context.Context) error {
	s, err := store.Open(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	applied, err := s.Migrate(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("migrations applied: %d; the schema is up to date\n", applied)
	return err
}
