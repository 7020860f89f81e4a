package catalog

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/laurelhq/laurel/ent/db"
	"github.com/laurelhq/laurel/ent/db/definition"
	"github.com/laurelhq/laurel/ent/db/predicate"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

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

// summaryFields are what is listed of a definition: all but its document.
var summaryFields = []string{
	definition.FieldKind, definition.FieldDefID, definition.FieldVersion, definition.FieldHash, definition.FieldPublishedAt, definition.FieldPublishedBy,
}

// versionsOf returns a part of the list of a definition's versions. The key of a version is its number.
func versionsOf(ctx context.Context, client *db.Client, kind, id string, wanted store.Listing) ([]*laurelv1.DefinitionSummary, error) {
	query := client.Definition.Query().Where(definition.Kind(kind), definition.DefID(id)).Where(publishedIn(wanted.FromMicros, wanted.UntilMicros)...)
	order := definition.ByVersion(sql.OrderDesc())
	if wanted.OldestFirst {
		order = definition.ByVersion()
	}
	switch {
	case wanted.After == nil:
	case wanted.OldestFirst:
		query = query.Where(definition.VersionGT(int(*wanted.After)))
	default:
		query = query.Where(definition.VersionLT(int(*wanted.After)))
	}
	rows, err := query.Order(order).Limit(wanted.Limit).Select(summaryFields...).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	return summaries(rows), nil
}

func publishedIn(fromMicros, untilMicros int64) (within []predicate.Definition) {
	if fromMicros != 0 {
		within = append(within, definition.PublishedAtGTE(fromMicros))
	}
	if untilMicros != 0 {
		within = append(within, definition.PublishedAtLT(untilMicros))
	}
	return within
}

// newestOfAll returns a part of the list of the newest versions.
func newestOfAll(ctx context.Context, client *db.Client, wanted Listing) ([]*laurelv1.DefinitionSummary, error) {
	query := client.Definition.Query().Where(publishedIn(wanted.FromMicros, wanted.UntilMicros)...).Where(func(rows *sql.Selector) {
		newer := sql.Table(definition.Table).As("newer")
		rows.Where(sql.NotExists(sql.Select(newer.C(definition.FieldID)).From(newer).Where(sql.And(
			sql.ColumnsEQ(newer.C(definition.FieldKind), rows.C(definition.FieldKind)),
			sql.ColumnsEQ(newer.C(definition.FieldDefID), rows.C(definition.FieldDefID)),
			sql.ColumnsGT(newer.C(definition.FieldVersion), rows.C(definition.FieldVersion)),
		))))
	})
	if wanted.Kind != "" {
		query = query.Where(definition.Kind(wanted.Kind))
	}
	if wanted.Text != "" {
		query = query.Where(definition.DefIDContainsFold(wanted.Text))
	}
	columns := []string{definition.FieldKind, definition.FieldDefID}
	if wanted.ByTime {
		columns = append([]string{definition.FieldPublishedAt}, columns...)
	}
	query = query.Where(func(rows *sql.Selector) {
		names := make([]string, len(columns))
		for i, column := range columns {
			names[i] = rows.C(column)
		}
		if after := wanted.After.values(wanted.ByTime); after != nil && wanted.NewestFirst {
			rows.Where(sql.CompositeLT(names, after...))
		} else if after != nil {
			rows.Where(sql.CompositeGT(names, after...))
		}
	})
	order := sql.OrderAsc()
	if wanted.NewestFirst {
		order = sql.OrderDesc()
	}
	for _, column := range columns {
		query = query.Order(sql.OrderByField(column, order).ToFunc())
	}
	rows, err := query.Limit(wanted.Limit).Select(summaryFields...).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list definitions: %w", err)
	}
	return summaries(rows), nil
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

func summaries(rows []*db.Definition) []*laurelv1.DefinitionSummary {
	list := make([]*laurelv1.DefinitionSummary, 0, len(rows))
	for _, row := range rows {
		list = append(list, &laurelv1.DefinitionSummary{
			Kind: row.Kind, Id: row.DefID, Version: int32(row.Version), Hash: row.Hash, PublishedAt: timestamppb.New(time.UnixMicro(row.PublishedAt)), PublishedBy: row.PublishedBy,
		})
	}
	return list
}
