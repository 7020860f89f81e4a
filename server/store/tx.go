package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/laurelhq/laurel/ent/db"
)

// Tx is a transaction for ent and raw SQL alike.
type Tx struct {
	*sql.Tx
	dialect Dialect
}

// Tx runs do in one write transaction and commits when it returns nil. Inside do, use only tx: on SQLite any other writer would wait for it
// forever.
func (s *Store) Tx(ctx context.Context, do func(ctx context.Context, tx *Tx) error) error {
	return s.in(ctx, s.write, do)
}

// FoldTx is Tx for a batch of the fold, which finds by key the rows that it writes.
func (s *Store) FoldTx(ctx context.Context, do func(ctx context.Context, tx *Tx) error) error {
	if s.fold == nil {
		return s.in(ctx, s.write, do)
	}
	return s.in(ctx, s.fold, do)
}

func (s *Store) in(ctx context.Context, pool *sql.DB, do func(ctx context.Context, tx *Tx) error) (err error) {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { err = end(tx, err) }()
	if err := do(ctx, &Tx{Tx: tx, dialect: s.dialect}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// View runs do in one read transaction that sees a single state of the database throughout.
func (s *Store) View(ctx context.Context, do func(ctx context.Context, tx *Tx) error) (err error) {
	options := &sql.TxOptions{ReadOnly: true}
	if s.dialect == Postgres {
		options.Isolation = sql.LevelRepeatableRead
	}
	tx, err := s.read.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("begin view: %w", err)
	}
	defer func() { err = end(tx, err) }()
	return do(ctx, &Tx{Tx: tx, dialect: s.dialect})
}

// end rolls back what was not committed and returns err. It is deferred, since a panic that some door turns into an answer must not leave a
// transaction open: on SQLite every later writer would wait for it forever.
func end(tx *sql.Tx, err error) error {
	if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) {
		return errors.Join(err, fmt.Errorf("roll back: %w", rollback))
	}
	return err
}

// Dialect tells which database the transaction is on.
func (tx *Tx) Dialect() Dialect { return tx.dialect }

// Ent is an ent client whose statements belong to the transaction.
func (tx *Tx) Ent() *db.Client {
	name := dialect.SQLite
	if tx.dialect == Postgres {
		name = dialect.Postgres
	}
	return db.NewClient(db.Driver(txDriver{entsql.NewDriver(name, entsql.Conn{ExecQuerier: tx.Tx})}))
}

// txDriver makes ent's own transactions part of the one that is open.
type txDriver struct{ *entsql.Driver }

// Tx is the open transaction; its commit and rollback are left to Store.Tx.
func (d txDriver) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(d), nil }
