package catalog

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/laurelhq/laurel/ent/db"
	"github.com/laurelhq/laurel/ent/db/definition"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/journal"
)

// maxListed bounds how many definitions, or versions of one, are returned at once.
const maxListed = 1000

// newestOf returns the newest version of a definition, or ErrNotFound.
func newestOf(ctx context.Context, client *db.Client, kind, id string) (*laurelv1.Definition, error) {
	row, err := client.Definition.Query().
		Where(definition.Kind(kind), definition.DefID(id)).
		Order(definition.ByVersion(sql.OrderDesc())).
		First(ctx)
	return fromRow(row, err)
}

// versionOf returns one version of a definition, or ErrNotFound.
func versionOf(ctx context.Context, client *db.Client, kind, id string, version int) (*laurelv1.Definition, error) {
	row, err := client.Definition.Query().
		Where(definition.Kind(kind), definition.DefID(id), definition.Version(version)).
		Only(ctx)
	return fromRow(row, err)
}

// versionsOf returns the versions of a definition, newest first, without their documents.
func versionsOf(ctx context.Context, client *db.Client, kind, id string) ([]*laurelv1.Definition, error) {
	rows, err := client.Definition.Query().
		Where(definition.Kind(kind), definition.DefID(id)).
		Order(definition.ByVersion(sql.OrderDesc())).
		Limit(maxListed).
		Select(definition.FieldKind, definition.FieldDefID, definition.FieldVersion, definition.FieldHash, definition.FieldPublishedAt, definition.FieldPublishedBy).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	return fromRows(rows), nil
}

// newestOfAll returns the newest version of every definition of a kind, or of all kinds, by kind and id, at most limit.
func newestOfAll(ctx context.Context, client *db.Client, kind string, limit int) ([]*laurelv1.Definition, error) {
	query := client.Definition.Query().Where(func(rows *sql.Selector) {
		newer := sql.Table(definition.Table).As("newer")
		rows.Where(sql.NotExists(sql.Select(newer.C(definition.FieldID)).From(newer).Where(sql.And(
			sql.ColumnsEQ(newer.C(definition.FieldKind), rows.C(definition.FieldKind)),
			sql.ColumnsEQ(newer.C(definition.FieldDefID), rows.C(definition.FieldDefID)),
			sql.ColumnsGT(newer.C(definition.FieldVersion), rows.C(definition.FieldVersion)),
		))))
	})
	if kind != "" {
		query = query.Where(definition.Kind(kind))
	}
	rows, err := query.Order(definition.ByKind(), definition.ByDefID()).Limit(limit).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list definitions: %w", err)
	}
	return fromRows(rows), nil
}

// insert stores one version, published when events up to some positions had been folded. The error satisfies db.IsConstraintError when the version exists already.
func insert(ctx context.Context, client *db.Client, d *laurelv1.Definition, folded journal.Positions) error {
	return client.Definition.Create().
		SetKind(d.GetKind()).SetDefID(d.GetId()).SetVersion(int(d.GetVersion())).
		SetHash(d.GetHash()).SetYaml(d.GetYaml()).
		SetPublishedAt(d.GetPublishedAt().AsTime().UnixMicro()).SetPublishedBy(d.GetPublishedBy()).SetOpenSeq(folded.String()).
		Exec(ctx)
}

func fromRow(row *db.Definition, err error) (*laurelv1.Definition, error) {
	switch {
	case db.IsNotFound(err):
		return nil, ErrNotFound
	case err != nil:
		return nil, err
	}
	return &laurelv1.Definition{
		Kind: row.Kind, Id: row.DefID, Version: int32(row.Version), Hash: row.Hash, Yaml: row.Yaml,
		PublishedAt: timestamppb.New(time.UnixMicro(row.PublishedAt)), PublishedBy: row.PublishedBy,
	}, nil
}

func fromRows(rows []*db.Definition) []*laurelv1.Definition {
	definitions := make([]*laurelv1.Definition, 0, len(rows))
	for _, row := range rows {
		definition, _ := fromRow(row, nil) // a row that was read has no error
		definitions = append(definitions, definition)
	}
	return definitions
}
