package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// guards are the statements that have the database refuse changes of a table's rows, where it doesn't yet. On Postgres they cover each
// range of a table that is cut into ranges: what is told of a table by name is not told of its ranges.
func guards(dialect Dialect, table string) []string {
	if dialect == Postgres {
		return []string{fmt.Sprintf(`DO $guard$ DECLARE part regclass; BEGIN
	FOR part IN SELECT p FROM (SELECT '%[1]s'::regclass AS p UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = '%[1]s'::regclass)
		AS parts
		WHERE NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = p AND tgname = '%[1]s_append_only') LOOP
		EXECUTE format('CREATE TRIGGER %[1]s_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %%s '
			'FOR EACH STATEMENT EXECUTE FUNCTION laurel_refuse_change()', part);
	END LOOP; END $guard$`, table)}
	}
	statements := make([]string, 0, 2)
	for _, verb := range []string{"UPDATE", "DELETE"} {
		statements = append(statements, fmt.Sprintf(`CREATE TRIGGER IF NOT EXISTS %[1]s_no_%[2]s BEFORE %[3]s ON %[1]s
BEGIN SELECT RAISE(ABORT, '%[1]s is append-only'); END`, table, strings.ToLower(verb), verb))
	}
	return statements
}

// Guard has the database refuse changes of an append-only table, also in ranges that were added to it in this transaction.
func (tx *Tx) Guard(ctx context.Context, table string) error {
	for _, statement := range guards(tx.dialect, table) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("guard %s: %w", table, err)
		}
	}
	return nil
}

// Unguarded lets do delete rows of an append-only table on SQLite, where a range can't be dropped as a whole. Nobody sees the table without
// its guard: the guard is back when do returns, and SQLite has one writer at a time.
func (tx *Tx) Unguarded(ctx context.Context, table string, do func() error) error {
	if _, err := tx.ExecContext(ctx, "DROP TRIGGER "+table+"_no_delete"); err != nil {
		return fmt.Errorf("lift the guard of %s: %w", table, err)
	}
	if err := do(); err != nil {
		return err
	}
	return tx.Guard(ctx, table)
}

// Anew has a statement planned each time it is run, by its arguments, with which it must be called: Postgres then looks at those ranges of
// a table only that the arguments leave, where a plan that is kept would lock all of them. It costs a few hundred microseconds.
func (d Dialect) Anew(args ...any) []any {
	if d == SQLite {
		return args
	}
	return append([]any{pgx.QueryExecModeCacheDescribe}, args...)
}
