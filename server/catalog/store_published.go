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
	// Message is the definition; of one that is Unread what could be read of it, nil when nothing could.
	Message Message
	// Unread says that this version of Laurel can't read the definition; nil when it can.
	Unread *Unread
	// TitleOnly tells that nothing but the title differs from the version before, Mends that the version before can't be read, and Revision is
	// that of the publication. They are known only while a version is being published.
	TitleOnly, Mends bool
	// ScoresUnread tells of a version that mends that nobody knows how the one before scored, or not all of it.
	ScoresUnread bool
	Revision     int64
}

// parsePublished reads a stored document, as far as this version of Laurel can. The steps find what only compiling shows.
func parsePublished(definition *laurelv1.Definition, steps ...Step) Published {
	document, problems := Parse("", []byte(definition.GetYaml()))
	published := Published{Definition: definition}
	if document != nil && document.Message != nil {
		published.Message = document.Message
		for _, step := range steps {
			if step.Kind == document.Kind && len(problems) == 0 {
				problems = document.Place(step.Check(document.Message))
			}
		}
	}
	if len(problems) > 0 {
		published.Unread = published.unread(problems)
	}
	return published
}

// Unreadable says that a version which parses can't be read all the same.
func (p Published) Unreadable(why string) *Unread { return p.unread([]Problem{{Message: why}}) }

func (p Published) unread(problems []Problem) *Unread {
	d := p.Definition
	return &Unread{Kind: d.GetKind(), ID: d.GetId(), Version: int(d.GetVersion()), Problems: problems}
}

// versionsWanted finds versions of a kind by a JSON object from id to version: one parameter, however many are wanted. Each is looked up by
// its key, whatever the database thinks of the size of the table.
var versionsWanted = map[store.Dialect]string{
	store.Postgres: `jsonb_each_text($2::jsonb) AS w CROSS JOIN LATERAL (SELECT * FROM definition
		WHERE kind = $1 AND def_id = w.key AND version = w.value::bigint OFFSET 0) AS d`,
	store.SQLite: "json_each($2) AS w CROSS JOIN definition AS d ON d.kind = $1 AND d.def_id = w.key AND d.version = w.value",
}

// Versions returns the wanted version of each definition of a kind, parsed, in no order; those that can't be read are among them. It is an
// error when one of them was never published.
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
		found = append(found, parsePublished(d))
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
