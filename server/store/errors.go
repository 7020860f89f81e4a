package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// SQLite's primary result codes for a lock that somebody else holds, a file that may not be written, a failed read, write or sync, and a
// full disk.
const (
	sqliteBusy     = 5
	sqliteReadOnly = 8
	sqliteIOError  = 10
	sqliteFull     = 13
)

// ErrAgain says that the same transaction will do when it is tried again.
var ErrAgain = errors.New("try again")

// Why a database that answers can't be written, in words that anybody may read.
const (
	diskFull  = "the disk of the database is full"
	diskFails = "the disk of the database fails"
	readOnly  = "the database can't be written, only read"
)

// WhyUnwritable says why a database that may well answer questions refused to be written; empty when err is none, or says something else.
func WhyUnwritable(err error) string {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return map[int]string{sqliteFull: diskFull, sqliteIOError: diskFails, sqliteReadOnly: readOnly}[lite.Code()&0xff]
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) { // disk_full, io_error, read_only_sql_transaction
		return map[string]string{"53100": diskFull, "58030": diskFails, "25006": readOnly}[pg.Code]
	}
	return ""
}

// IsUnavailable reports whether err means that the database can't be written now but may be later: it is away, restarting, locked, or its
// disk is full.
func IsUnavailable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	if errors.Is(err, ErrAgain) {
		return true
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqliteBusy, sqliteIOError, sqliteFull:
			return true
		}
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		// serialization failure, deadlock, read-only after a failover, idle in transaction, lock not to be had
		case "40001", "40P01", "25006", "25P03", "55P03":
			return true
		}
		switch pg.Code[:2] {
		case "08", "53", "57", "58": // connection, resources, operator intervention, system error
			return true
		}
		return false
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, net.ErrClosed) || connectionLost(err)
}

// connectionLost matches what pgx says of a connection that broke in the middle of a statement; it gives that no type.
func connectionLost(err error) bool {
	text := err.Error()
	return strings.Contains(text, "unexpected EOF") || strings.Contains(text, "conn closed") || strings.Contains(text, "broken pipe")
}

// IsConflict reports whether err is a broken unique key.
func IsConflict(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == 2067 || lite.Code() == 1555 // SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

// IsBeyond reports whether err means that no range of a table takes a row that was to be stored.
func IsBeyond(err error, table string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23514" && pg.TableName == table
}
