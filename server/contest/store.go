package contest

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/store"
)

// Standings is the table standing; it implements fold.Table.
type Standings struct{}

var _ fold.Table = Standings{}

// New implements fold.Table.
func (Standings) New() fold.State { return &Standing{} }

// KeyOf names the standing of a player in a contest.
func KeyOf(contestID, userID string) fold.Key {
	return fold.Key{Table: fold.Standing, Definition: contestID, Subject: userID}
}

// Of is the standing that a row of this table holds.
func Of(row *fold.Row) *Standing {
	s, _ := row.State.(*Standing)
	return s
}

// Ranked is a standing as boards see it.
type Ranked struct {
	UserID string
	Units  int64
	Tie    string
}

const (
	loadPostgres = `SELECT s.* FROM unnest($1::text[], $2::text[]) AS k (contest_id, user_id) CROSS JOIN LATERAL (SELECT contest_id, user_id,
		id, partition, version, seq, tie, state
		FROM standing WHERE contest_id = k.contest_id AND user_id = k.user_id OFFSET 0) AS s`
	loadSQLite = `SELECT s.contest_id, s.user_id, s.id, s.partition, s.version, s.seq, s.tie, s.state FROM json_each($1) AS k CROSS JOIN
		standing AS s
		ON s.contest_id = k.value ->> 0 AND s.user_id = k.value ->> 1`
)

// Load implements fold.Table.
func (Standings) Load(ctx context.Context, s *store.Store, keys []fold.Key) ([]*fold.Row, error) {
	query, args, err := loadQuery(s.Dialect(), keys)
	if err != nil {
		return nil, err
	}
	result, err := s.Fold().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read standings: %w", err)
	}
	defer func() { _ = result.Close() }()
	var rows []*fold.Row
	var tie, state sql.RawBytes
	for result.Next() {
		row := &fold.Row{Key: fold.Key{Table: fold.Standing}, Stored: true}
		if err := result.Scan(&row.Definition, &row.Subject, &row.ID, &row.Partition, &row.Version, &row.Seq, &tie, &state); err != nil {
			return nil, fmt.Errorf("read standing: %w", err)
		}
		standing, err := UnmarshalStanding(state)
		switch {
		case errors.Is(err, fold.ErrNewer):
			return nil, fmt.Errorf("standing of player %q in %s: %w", row.Subject, row.Definition, err)
		case err != nil:
			row.Damaged = fmt.Errorf("standing of player %q in %s: %w", row.Subject, row.Definition, err)
		default:
			standing.Tie = string(tie)
			row.State = standing
		}
		rows = append(rows, row)
	}
	return rows, result.Err()
}

func loadQuery(d store.Dialect, keys []fold.Key) (query string, args []any, err error) {
	if d == store.Postgres {
		contests, users := make([]string, len(keys)), make([]string, len(keys))
		for i, k := range keys {
			contests[i], users[i] = k.Definition, k.Subject
		}
		return loadPostgres, []any{contests, users}, nil
	}
	pairs := make([][2]string, len(keys))
	for i, k := range keys {
		pairs[i] = [2]string{k.Definition, k.Subject}
	}
	text, err := json.Marshal(pairs)
	if err != nil {
		return "", nil, fmt.Errorf("encode keys of standings: %w", err)
	}
	return loadSQLite, []any{string(text)}, nil
}

// Store implements fold.Table.
func (Standings) Store(ctx context.Context, tx *store.Tx, rows []*fold.Row) error {
	write := storePostgres
	if tx.Dialect() == store.SQLite {
		write = storeSQLite
	}
	if err := write(ctx, tx, rows); err != nil {
		return err
	}
	for _, row := range rows {
		row.Stored = true
	}
	return nil
}

const postgresUpdate = `UPDATE standing AS s SET units = n.units, tie = n.tie, rounds = n.rounds, version = n.version, seq = n.seq, state
	= n.state
	FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[])
	AS n (id, units, tie, rounds, version, seq, state) WHERE s.id = n.id`

const postgresInsert = `INSERT INTO standing (units, tie, rounds, version, seq, state, contest_id, user_id, partition)
	SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[], $7::text[], $8::text[],
		$9::bigint[])
	RETURNING id, contest_id, user_id`

// columns gathers rows column by column for unnest.
type columns struct {
	ids, units, rounds, versions, seqs, partitions []int64
	ties, states                                   [][]byte
	contests, users                                []string
}

func (c *columns) add(row *fold.Row, state []byte) {
	standing := Of(row)
	c.ids, c.units = append(c.ids, row.ID), append(c.units, standing.Units)
	c.rounds, c.versions, c.seqs = append(c.rounds, standing.Rounds), append(c.versions, int64(row.Version)), append(c.seqs, row.Seq)
	c.ties, c.states = append(c.ties, []byte(standing.Tie)), append(c.states, state)
	c.contests, c.users, c.partitions = append(c.contests, row.Definition), append(c.users, row.Subject),
		append(c.partitions, int64(row.Partition))
}

func storePostgres(ctx context.Context, tx *store.Tx, rows []*fold.Row) error {
	var changed, fresh columns
	added := map[fold.Key]*fold.Row{}
	buffer := make([]byte, 0, 256*len(rows))
	for _, row := range rows {
		from := len(buffer)
		buffer = row.State.AppendBinary(buffer)
		if state := buffer[from:len(buffer):len(buffer)]; row.Stored {
			changed.add(row, state)
		} else {
			fresh.add(row, state)
			added[row.Key] = row
		}
	}
	if c := &changed; len(c.ids) > 0 {
		if _, err := tx.ExecContext(ctx, postgresUpdate, c.ids, c.units, c.ties, c.rounds, c.versions, c.seqs, c.states); err != nil {
			return fmt.Errorf("update standings: %w", err)
		}
	}
	c := &fresh
	if len(c.ids) == 0 {
		return nil
	}
	result, err := tx.QueryContext(ctx, postgresInsert, c.units, c.ties, c.rounds, c.versions, c.seqs, c.states, c.contests, c.users,
		c.partitions)
	if err != nil {
		return fmt.Errorf("insert standings: %w", err)
	}
	defer func() { _ = result.Close() }()
	for result.Next() {
		var id int64
		var contestID, userID string
		if err := result.Scan(&id, &contestID, &userID); err != nil {
			return fmt.Errorf("read new standing: %w", err)
		}
		added[KeyOf(contestID, userID)].ID = id
	}
	return result.Err()
}

func storeSQLite(ctx context.Context, tx *store.Tx, rows []*fold.Row) error {
	update, err := tx.PrepareContext(ctx, "UPDATE standing SET units = ?, tie = ?, rounds = ?, version = ?, seq = ?, state = ? WHERE id = ?")
	if err != nil {
		return fmt.Errorf("prepare update of standings: %w", err)
	}
	defer func() { _ = update.Close() }()
	insert, err := tx.PrepareContext(ctx, "INSERT INTO standing (units, tie, rounds, version, seq, state, contest_id, user_id, partition) "+
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return fmt.Errorf("prepare insert of standings: %w", err)
	}
	defer func() { _ = insert.Close() }()
	var buffer []byte
	for _, row := range rows {
		standing := Of(row)
		buffer = standing.AppendBinary(buffer[:0])
		if row.Stored {
			if _, err := update.ExecContext(ctx, standing.Units, []byte(standing.Tie), standing.Rounds, row.Version, row.Seq, buffer,
				row.ID); err != nil {
				return fmt.Errorf("update standing: %w", err)
			}
			continue
		}
		result, err := insert.ExecContext(ctx, standing.Units, []byte(standing.Tie), standing.Rounds, row.Version, row.Seq, buffer,
			row.Definition, row.Subject, row.Partition)
		if err != nil {
			return fmt.Errorf("insert standing: %w", err)
		}
		if row.ID, err = result.LastInsertId(); err != nil {
			return fmt.Errorf("insert standing: %w", err)
		}
	}
	return nil
}

// order is the order of a board in SQL, bytewise like board.Compare.
func order(d store.Dialect) string {
	if d == store.Postgres {
		return `units DESC, tie, user_id COLLATE "C"`
	}
	return "units DESC, tie, user_id"
}

// InOrder reads every standing of a contest in the order of the board.
func InOrder(ctx context.Context, tx *store.Tx, contestID string) iter.Seq2[Ranked, error] {
	return query(ctx, tx, "SELECT user_id, units, tie FROM standing WHERE contest_id = $1 ORDER BY "+order(tx.Dialect()), contestID)
}

// PlaceOf reads a player's place from the database; 0 when he has no standing.
func PlaceOf(ctx context.Context, s *store.Store, contestID, userID string) (place int64, row Ranked, err error) {
	rows, err := Standings{}.Load(ctx, s, []fold.Key{KeyOf(contestID, userID)})
	if err != nil || len(rows) == 0 {
		return 0, Ranked{UserID: userID}, err
	}
	collate := ""
	if s.Dialect() == store.Postgres {
		collate = ` COLLATE "C"`
	}
	err = s.Read().QueryRowContext(ctx, `SELECT mine.units, mine.tie, 1 + (SELECT count(*) FROM standing AS o WHERE o.contest_id = $1 AND
		(o.units > mine.units
		OR (o.units = mine.units AND (o.tie < mine.tie OR (o.tie = mine.tie AND o.user_id`+collate+` < $2)))))
		FROM standing AS mine WHERE mine.contest_id = $1 AND mine.user_id = $2`, contestID, userID).Scan(&row.Units, (*byteString)(&row.Tie),
		&place)
	row.UserID = userID
	if err != nil {
		return 0, row, fmt.Errorf("read place: %w", err)
	}
	return place, row, nil
}

// byteString scans bytes into a string.
type byteString string

// Scan implements sql.Scanner.
func (b *byteString) Scan(value any) error {
	raw, ok := value.([]byte)
	if !ok && value != nil {
		return fmt.Errorf("want bytes, got %T", value)
	}
	*b = byteString(raw)
	return nil
}

func query(ctx context.Context, tx *store.Tx, text string, args ...any) iter.Seq2[Ranked, error] {
	return func(yield func(Ranked, error) bool) {
		rows, err := tx.QueryContext(ctx, text, args...)
		if err != nil {
			yield(Ranked{}, fmt.Errorf("read standings: %w", err))
			return
		}
		defer func() { _ = rows.Close() }()
		var tie sql.RawBytes
		for rows.Next() {
			var r Ranked
			if err := rows.Scan(&r.UserID, &r.Units, &tie); err != nil {
				yield(Ranked{}, fmt.Errorf("read standing: %w", err))
				return
			}
			r.Tie = string(tie)
			if !yield(r, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Ranked{}, fmt.Errorf("read standings: %w", err))
		}
	}
}
