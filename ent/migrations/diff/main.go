// Command diff writes the next versioned migration of both dialects when ent/schema has changed, and nothing when it has not.
// It replays the existing migrations on an empty database of each dialect and compares. Run by make generate.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/laurelhq/laurel/ent/db/migrate"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: diff ent/migrations NAME")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "write migrations:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, folder, name string) (err error) {
	scratch, err := os.MkdirTemp("", "laurel-diff-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	lite, err := sql.Open("sqlite", "file:"+filepath.Join(scratch, "dev.db")+"?_foreign_keys=1")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lite.Close()) }()
	if err := diff(ctx, filepath.Join(folder, "sqlite"), name, dialect.SQLite, lite); err != nil {
		return err
	}
	server, err := storetest.StartServer(ctx, scratch, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	pg, err := sql.Open("pgx", server.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pg.Close()) }()
	return diff(ctx, filepath.Join(folder, "postgres"), name, dialect.Postgres, pg)
}

func diff(ctx context.Context, folder, name, dialectName string, dev *sql.DB) error {
	dir, err := sqltool.NewGooseDir(folder)
	if err != nil {
		return fmt.Errorf("open %s: %w", folder, err)
	}
	migration, err := schema.NewMigrate(entsql.OpenDB(dialectName, dev),
		schema.WithDir(dir), schema.WithMigrationMode(schema.ModeReplay), schema.WithDialect(dialectName),
		schema.WithFormatter(sqltool.GooseFormatter),
		schema.WithDropColumn(true), schema.WithDropIndex(true))
	if err != nil {
		return fmt.Errorf("prepare %s: %w", dialectName, err)
	}
	if err := migration.NamedDiff(ctx, name, migrate.Tables...); err != nil {
		return fmt.Errorf("compare %s: %w", dialectName, err)
	}
	return nil
}
