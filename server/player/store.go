package player

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/store"
)

// Pages is the table player_page; it implements fold.Table.
type Pages struct{}

var _ fold.Table = Pages{}

// New implements fold.Table.
func (Pages) New() fold.State { return &Page{} }

const (
	loadPostgres = `SELECT p.* FROM unnest($1::text[]) AS u (id) CROSS JOIN LATERAL (SELECT id, partition, seq, state FROM player_page ` +
		`WHERE id = u.id OFFSET 0) AS p`
	loadSQLite = "SELECT id, partition, seq, state FROM player_page WHERE id IN (SELECT value FROM json_each($1))"
)

// Load implements fold.Table.
func (Pages) Load(ctx context.Context, s *store.Store, keys []fold.Key) ([]*fold.Row, error) {
	users := make([]string, len(keys))
	for i, k := range keys {
		users[i] = k.Subject
	}
	query, list := loadPostgres, any(users)
	if s.Dialect() == store.SQLite {
		text, err := json.Marshal(users)
		if err != nil {
			return nil, fmt.Errorf("encode players: %w", err)
		}
		query, list = loadSQLite, string(text)
	}
	result, err := s.Fold().QueryContext(ctx, query, list)
	if err != nil {
		return nil, fmt.Errorf("read player pages: %w", err)
	}
	defer func() { _ = result.Close() }()
	var rows []*fold.Row
	for result.Next() {
		row := &fold.Row{Key: fold.Key{Table: fold.PlayerPage}, Stored: true}
		var state []byte
		if err := result.Scan(&row.Subject, &row.Partition, &row.Seq, &state); err != nil {
			return nil, fmt.Errorf("read player page: %w", err)
		}
		page, err := UnmarshalPage(state)
		switch {
		case errors.Is(err, fold.ErrNewer):
			return nil, fmt.Errorf("page of player %q: %w", row.Subject, err)
		case err != nil:
			row.Damaged = fmt.Errorf("page of player %q: %w", row.Subject, err)
		default:
			row.State = page
		}
		rows = append(rows, row)
	}
	return rows, result.Err()
}

const (
	insertPostgres = `INSERT INTO player_page (seq, state, id, partition) SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::text[], ` +
		`$4::bigint[])`
	updatePostgres = `UPDATE player_page AS p SET seq = n.seq, state = n.state FROM unnest($1::bigint[], $2::bytea[], $3::text[]) AS n ` +
		`(seq, state, id) WHERE p.id = n.id`
	insertSQLite = `INSERT INTO player_page (seq, state, id, partition) VALUES (?, ?, ?, ?)`
	updateSQLite = `UPDATE player_page SET seq = ?, state = ? WHERE id = ?`
)

// Store implements fold.Table.
func (Pages) Store(ctx context.Context, tx *store.Tx, rows []*fold.Row) error {
	write := storeAll
	if tx.Dialect() == store.SQLite {
		write = storeEach
	}
	if err := write(ctx, tx, rows); err != nil {
		return fmt.Errorf("store player pages: %w", err)
	}
	for _, row := range rows {
		row.Stored = true
	}
	return nil
}

// columns gathers rows column by column for unnest.
type columns struct {
	seqs, partitions []int64
	states           [][]byte
	users            []string
}

func storeAll(ctx context.Context, tx *store.Tx, rows []*fold.Row) error {
	var fresh, changed columns
	for _, row := range rows {
		c := &fresh
		if row.Stored {
			c = &changed
		}
		c.seqs, c.states = append(c.seqs, row.Seq), append(c.states, row.State.AppendBinary(nil))
		c.users, c.partitions = append(c.users, row.Subject), append(c.partitions, int64(row.Partition))
	}
	if c := &fresh; len(c.users) > 0 {
		if _, err := tx.ExecContext(ctx, insertPostgres, c.seqs, c.states, c.users, c.partitions); err != nil {
			return err
		}
	}
	if c := &changed; len(c.users) > 0 {
		if _, err := tx.ExecContext(ctx, updatePostgres, c.seqs, c.states, c.users); err != nil {
			return err
		}
	}
	return nil
}

func storeEach(ctx context.Context, tx *store.Tx, rows []*fold.Row) error {
	insert, err := tx.PrepareContext(ctx, insertSQLite)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	update, err := tx.PrepareContext(ctx, updateSQLite)
	if err != nil {
		return err
	}
	defer func() { _ = update.Close() }()
	var state []byte
	for _, row := range rows {
		state = row.State.AppendBinary(state[:0])
		if row.Stored {
			_, err = update.ExecContext(ctx, row.Seq, state, row.Subject)
		} else {
			_, err = insert.ExecContext(ctx, row.Seq, state, row.Subject, row.Partition)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Verify looks for pages that can't be read and tells of each in words. Servers may run meanwhile.
func Verify(ctx context.Context, s *store.Store, differs func(text string)) (err error) {
	rows, err := s.Read().QueryContext(ctx, "SELECT id, state FROM player_page ORDER BY id")
	if err != nil {
		return fmt.Errorf("read player pages: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var user string
		var state []byte
		if err := rows.Scan(&user, &state); err != nil {
			return fmt.Errorf("read player page: %w", err)
		}
		if _, err := UnmarshalPage(state); err != nil {
			differs(fmt.Sprintf("page of player %q: %s", user, err))
		}
	}
	return rows.Err()
}
