package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/store"
)

// Published is a version of a definition, parsed.
type Published struct {
	Definition *laurelv1.Definition
	Message    Message
	// TitleOnly tells that nothing but the title differs from the version before, Revision that of the publication. They are known only while
	// a version is being published.
	TitleOnly bool
	Revision  int64
}

// parsePublished reads a stored document. An error names the definition that this version of Laurel can't read any more.
func parsePublished(definition *laurelv1.Definition) (Published, error) {
	document, problems := Parse("", []byte(definition.GetYaml()))
	if len(problems) > 0 {
		return Published{}, fmt.Errorf("read %s %s version %d: %w", definition.GetKind(), definition.GetId(), definition.GetVersion(),
			&Invalid{Problems: problems})
	}
	return Published{Definition: definition, Message: document.Message}, nil
}

// versionsWanted finds versions of a kind by a JSON object from id to version: one parameter, however many are wanted. Each is looked up by
// its key, whatever the database thinks of the size of the table.
var versionsWanted = map[store.Dialect]string{
	store.Postgres: `jsonb_each_text($2::jsonb) AS w CROSS JOIN LATERAL (SELECT * FROM definition
		WHERE kind = $1 AND def_id = w.key AND version = w.value::bigint OFFSET 0) AS d`,
	store.SQLite: "json_each($2) AS w CROSS JOIN definition AS d ON d.kind = $1 AND d.def_id = w.key AND d.version = w.value",
}

// Versions returns the wanted version of each definition of a kind, parsed, in no order. It is an error when one of them was never
// published.
func Versions(ctx context.Context, tx *store.Tx, kind string, wanted map[string]int) ([]Published, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(wanted)
	if err != nil {
		return nil, fmt.Errorf("encode versions: %w", err)
	}
	rows, err := tx.QueryContext(ctx, "SELECT d.kind, d.def_id, d.version, d.hash, d.yaml, d.published_at, d.published_by FROM "+
		versionsWanted[tx.Dialect()], kind, string(list))
	if err != nil {
		return nil, fmt.Errorf("read published definitions: %w", err)
	}
	defer func() { _ = rows.Close() }()
	found := make([]Published, 0, len(wanted))
	for rows.Next() {
		d := &laurelv1.Definition{}
		var at int64
		if err := rows.Scan(&d.Kind, &d.Id, &d.Version, &d.Hash, &d.Yaml, &at, &d.PublishedBy); err != nil {
			return nil, fmt.Errorf("read published definition: %w", err)
		}
		d.PublishedAt = timestamppb.New(time.UnixMicro(at))
		published, err := parsePublished(d)
		if err != nil {
			return nil, err
		}
		found = append(found, published)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read published definitions: %w", err)
	}
	if len(found) != len(wanted) {
		return nil, fmt.Errorf("read published definitions: %d of %d versions: %w", len(found), len(wanted), ErrNotFound)
	}
	return found, nil
}

// Newest returns the newest version of every definition of a kind that was ever published.
func Newest(ctx context.Context, tx *store.Tx, kind string) (map[string]int, error) {
	rows, err := tx.QueryContext(ctx, "SELECT def_id, max(version) FROM definition WHERE kind = $1 GROUP BY def_id", kind)
	if err != nil {
		return nil, fmt.Errorf("read newest versions: %w", err)
	}
	defer func() { _ = rows.Close() }()
	newest := map[string]int{}
	for rows.Next() {
		var id string
		var version int
		if err := rows.Scan(&id, &version); err != nil {
			return nil, fmt.Errorf("read newest version: %w", err)
		}
		newest[id] = version
	}
	return newest, rows.Err()
}
