package contest

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"

	"github.com/laurelhq/laurel/server/store"
)

// Row is a standing with its key.
type Row struct {
	// ID is the row's id, 0 while it is not stored.
	ID        int64
	ContestID string
	UserID    string
	Partition int
	// Version is the definition version that scored last, Seq the journal position that changed it last.
	Version int
	Seq     int64
	// Tie is the encoded tie-break values of State.
	Tie   string
	State *Standing
}

// Ranked is a standing as boards see it.
type Ranked struct {
	UserID string
	Units  int64
	Tie    string
}

// LoadRows reads the standings of some players of a contest; players without one are left out.
func LoadRows(ctx context.Context, s *store.Store, contestID string, users []string) ([]*Row, error) {
	query, list := `SELECT s.* FROM unnest($2::text[]) AS u (user_id) CROSS JOIN LATERAL (SELECT id, user_id, partition, version, seq, state
		FROM standing WHERE contest_id = $1 AND user_id = u.user_id OFFSET 0) AS s`, any(users)
	if s.Dialect() == store.SQLite {
		text, err := json.Marshal(users)
		if err != nil {
			return nil, fmt.Errorf("encode users: %w", err)
		}
		query, list = "SELECT id, user_id, partition, version, seq, state FROM standing WHERE contest_id = $1 AND user_id IN (SELECT value FROM json_each($2))", string(text)
	}
	result, err := s.Read().QueryContext(ctx, query, contestID, list)
	if err != nil {
		return nil, fmt.Errorf("read standings: %w", err)
	}
	defer func() { _ = result.Close() }()
	var rows []*Row
	for result.Next() {
		row := &Row{ContestID: contestID}
		var state []byte
		if err := result.Scan(&row.ID, &row.UserID, &row.Partition, &row.Version, &row.Seq, &state); err != nil {
			return nil, fmt.Errorf("read standing: %w", err)
		}
		if row.State, err = UnmarshalStanding(state); err != nil {
			return nil, fmt.Errorf("standing of %s: %w", contestID, err)
		}
		rows = append(rows, row)
	}
	return rows, result.Err()
}

// StoreRows writes changed standings in the transaction of their batch and gives new rows their ids.
func StoreRows(ctx context.Context, tx *store.Tx, rows []*Row) error {
	if len(rows) == 0 {
		return nil
	}
	if tx.Dialect() == store.Postgres {
		return storePostgres(ctx, tx, rows)
	}
	return storeSQLite(ctx, tx, rows)
}

const postgresUpdate = `UPDATE standing AS s SET units = n.units, tie = n.tie, rounds = n.rounds, version = n.version, seq = n.seq, state = n.state
	FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[])
	AS n (id, units, tie, rounds, version, seq, state) WHERE s.id = n.id`

const postgresInsert = `INSERT INTO standing (units, tie, rounds, version, seq, state, contest_id, user_id, partition)
	SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[], $7::text[], $8::text[], $9::bigint[])
	RETURNING id, contest_id, user_id`

// columns gathers rows column by column for unnest.
type columns struct {
	ids, units, rounds, versions, seqs, partitions []int64
	ties, states                                   [][]byte
	contests, users                                []string
}

func (c *columns) add(row *Row, state []byte) {
	c.ids, c.units = append(c.ids, row.ID), append(c.units, row.State.Units)
	c.rounds, c.versions, c.seqs = append(c.rounds, row.State.Rounds), append(c.versions, int64(row.Version)), append(c.seqs, row.Seq)
	c.ties, c.states = append(c.ties, []byte(row.Tie)), append(c.states, state)
	c.contests, c.users, c.partitions = append(c.contests, row.ContestID), append(c.users, row.UserID), append(c.partitions, int64(row.Partition))
}

func storePostgres(ctx context.Context, tx *store.Tx, rows []*Row) error {
	var changed, fresh columns
	added := map[[2]string]*Row{}
	buffer := make([]byte, 0, 256*len(rows))
	for _, row := range rows {
		from := len(buffer)
		buffer = row.State.AppendBinary(buffer)
		if state := buffer[from:len(buffer):len(buffer)]; row.ID == 0 {
			fresh.add(row, state)
			added[[2]string{row.ContestID, row.UserID}] = row
		} else {
			changed.add(row, state)
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
	result, err := tx.QueryContext(ctx, postgresInsert, c.units, c.ties, c.rounds, c.versions, c.seqs, c.states, c.contests, c.users, c.partitions)
	if err != nil {
		return fmt.Errorf("insert standings: %w", err)
	}
	defer func() { _ = result.Close() }()
	for result.Next() {
		var id int64
		var key [2]string
		if err := result.Scan(&id, &key[0], &key[1]); err != nil {
			return fmt.Errorf("read new standing: %w", err)
		}
		added[key].ID = id
	}
	return result.Err()
}

func storeSQLite(ctx context.Context, tx *store.Tx, rows []*Row) error {
	update, err := tx.PrepareContext(ctx, "UPDATE standing SET units = ?, tie = ?, rounds = ?, version = ?, seq = ?, state = ? WHERE id = ?")
	if err != nil {
		return fmt.Errorf("prepare update of standings: %w", err)
	}
	defer func() { _ = update.Close() }()
	insert, err := tx.PrepareContext(ctx, "INSERT INTO standing (units, tie, rounds, version, seq, state, contest_id, user_id, partition) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return fmt.Errorf("prepare insert of standings: %w", err)
	}
	defer func() { _ = insert.Close() }()
	var buffer []byte
	for _, row := range rows {
		buffer = row.State.AppendBinary(buffer[:0])
		if row.ID != 0 {
			if _, err := update.ExecContext(ctx, row.State.Units, []byte(row.Tie), row.State.Rounds, row.Version, row.Seq, buffer, row.ID); err != nil {
				return fmt.Errorf("update standing: %w", err)
			}
			continue
		}
		result, err := insert.ExecContext(ctx, row.State.Units, []byte(row.Tie), row.State.Rounds, row.Version, row.Seq, buffer, row.ContestID, row.UserID, row.Partition)
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

// Standings reads every standing of a contest as the transaction sees it, in no order.
func Standings(ctx context.Context, tx *store.Tx, contestID string) iter.Seq2[Ranked, error] {
	return query(ctx, tx, "SELECT user_id, units, tie FROM standing WHERE contest_id = $1", contestID)
}

// InOrder reads every standing of a contest in the order of the board.
func InOrder(ctx context.Context, tx *store.Tx, contestID string) iter.Seq2[Ranked, error] {
	return query(ctx, tx, "SELECT user_id, units, tie FROM standing WHERE contest_id = $1 ORDER BY "+order(tx.Dialect()), contestID)
}

// Page reads standings from the database in the order of the board, and how many there are. It serves readers while a board is rebuilt.
func Page(ctx context.Context, s *store.Store, contestID string, from, count int64) (rows []Ranked, total int64, err error) {
	err = s.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM standing WHERE contest_id = $1", contestID).Scan(&total); err != nil {
			return fmt.Errorf("count standings: %w", err)
		}
		page := "SELECT user_id, units, tie FROM standing WHERE contest_id = $1 ORDER BY " + order(s.Dialect()) +
			" LIMIT " + strconv.FormatInt(count, 10) + " OFFSET " + strconv.FormatInt(from, 10)
		for row, err := range query(ctx, tx, page, contestID) {
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows, total, err
}

// PlaceOf reads a player's place from the database; 0 when he has no standing.
func PlaceOf(ctx context.Context, s *store.Store, contestID, userID string) (place int64, row Ranked, err error) {
	rows, err := LoadRows(ctx, s, contestID, []string{userID})
	if err != nil || len(rows) == 0 {
		return 0, Ranked{UserID: userID}, err
	}
	collate := ""
	if s.Dialect() == store.Postgres {
		collate = ` COLLATE "C"`
	}
	err = s.Read().QueryRowContext(ctx, `SELECT mine.units, mine.tie, 1 + (SELECT count(*) FROM standing AS o WHERE o.contest_id = $1 AND (o.units > mine.units
		OR (o.units = mine.units AND (o.tie < mine.tie OR (o.tie = mine.tie AND o.user_id`+collate+` < $2)))))
		FROM standing AS mine WHERE mine.contest_id = $1 AND mine.user_id = $2`, contestID, userID).Scan(&row.Units, (*byteString)(&row.Tie), &place)
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
