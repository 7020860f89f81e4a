package store

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/laurelhq/laurel/ent/migrations"
)

// appendOnly lists the tables whose rows may never change or go.
var appendOnly = []string{"journal_event", "journal_range", "journal_archive", "journal_drop", "definition", "final_standing", "late_event"}

// migrateRetrySeconds and migrateRetries say how often and how many times a process asks for the lock while another migrates.
const migrateRetrySeconds, migrateRetries = 1, 300

// Migrate brings the schema to the newest version, on Postgres under a database lock, and returns how many steps it applied.
// It makes the append-only triggers anew each time, since a table rebuild on SQLite drops them in silence.
func (s *Store) Migrate(ctx context.Context) (int, error) {
	folder, err := fs.Sub(migrations.Files, string(s.dialect))
	if err != nil {
		return 0, fmt.Errorf("open migrations: %w", err)
	}
	dialect, options := goose.DialectSQLite3, []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if s.dialect == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(migrateRetrySeconds, migrateRetries))
		if err != nil {
			return 0, fmt.Errorf("make migration lock: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	migrating := &Store{dialect: s.dialect, write: s.write}
	if s.migrating != nil {
		migrating.write = s.migrating
	}
	provider, err := goose.NewProvider(dialect, migrating.write, folder, options...)
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	applied, err := provider.Up(ctx)
	if err != nil {
		return len(applied), fmt.Errorf("migrate: %w", err)
	}
	return len(applied), migrating.Tx(ctx, func(ctx context.Context, tx *Tx) error { return tx.settle(ctx) })
}

// eventFloor is what an append asks for the time before which no event is taken in any more, since what tells repeats of them may be gone.
// A volatile function reads in a snapshot of its own, taken when it is called, and not in that of the statement which calls it: see
// docs/decisions/0019.
const eventFloor = `CREATE OR REPLACE FUNCTION laurel_event_floor() RETURNS bigint LANGUAGE plpgsql VOLATILE AS
$$ BEGIN RETURN coalesce((SELECT value::bigint FROM setting WHERE id = 'event_floor'), 0); END $$`

// settle does what migrations made from ent's schema can't: it has the database refuse updates and deletes of append-only tables.
// It takes a lock only on a table that lacks something, since it runs at each start beside servers that are working.
func (tx *Tx) settle(ctx context.Context) error {
	statements := []string{}
	if tx.dialect == Postgres {
		statements = append(statements, "SELECT pg_advisory_xact_lock(5135135)",
			`CREATE OR REPLACE FUNCTION laurel_refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$`, eventFloor)
		// Standings are updated in place again and again: free room in their pages keeps those updates away from the indexes.
		statements = append(statements, unless("pg_class WHERE relname = 'standing' AND reloptions IS NOT NULL",
			"ALTER TABLE standing SET (fillfactor = 70)"))
	}
	for _, table := range appendOnly {
		statements = append(statements, guards(tx.dialect, table)...)
	}
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("settle the schema: %w", err)
		}
	}
	return nil
}

// unless is a Postgres statement that runs do when no row of from exists.
func unless(from, do string) string {
	return "DO $unless$ BEGIN IF NOT EXISTS (SELECT 1 FROM " + from + ") THEN " + do + "; END IF; END $unless$"
}
