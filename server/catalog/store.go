package catalog

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/laurelhq/laurel/ent/db"
	"github.com/laurelhq/laurel/ent/db/definition"
	"github.com/laurelhq/laurel/ent/db/newestdefinition"
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
	definition.FieldKind, definition.FieldDefID, definition.FieldVersion, definition.FieldHash, definition.FieldPublishedAt,
	definition.FieldPublishedBy,
}

// versionsOf returns a part of the list of a definition's versions. The key of a version is its number.
func versionsOf(ctx context.Context, client *db.Client, kind, id string, wanted store.Listing) ([]*laurelv1.DefinitionSummary, error) {
	query := client.Definition.Query().Where(definition.Kind(kind), definition.DefID(id)).
		Where(publishedIn(wanted.FromMicros, wanted.UntilMicros)...)
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

// newestOfAll returns a part of the list of the newest versions. Each order has an index, with and without a kind, so that a page costs
// what it shows.
func newestOfAll(ctx context.Context, client *db.Client, wanted Listing) ([]*laurelv1.DefinitionSummary, error) {
	query := client.NewestDefinition.Query()
	if wanted.Kind != "" {
		query = query.Where(newestdefinition.Kind(wanted.Kind))
	}
	if wanted.Text != "" {
		query = query.Where(store.HasText(wanted.Text, newestdefinition.FieldDefID))
	}
	if wanted.FromMicros != 0 {
		query = query.Where(newestdefinition.PublishedAtGTE(wanted.FromMicros))
	}
	if wanted.UntilMicros != 0 {
		query = query.Where(newestdefinition.PublishedAtLT(wanted.UntilMicros))
	}
	rows, err := query.Where(func(rows *sql.Selector) { orderNewest(rows, wanted) }).Limit(wanted.Limit).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list definitions: %w", err)
	}
	list := make([]*laurelv1.DefinitionSummary, 0, len(rows))
	for _, row := range rows {
		list = append(list, summary(db.Definition{
			Kind: row.Kind, DefID: row.DefID, Version: row.Version, Hash: row.Hash, PublishedAt: row.PublishedAt, PublishedBy: row.PublishedBy,
		}))
	}
	return list, nil
}

// orderNewest orders a list of newest versions and has it go on behind the last one that was shown. The kind is no part of the order of a
// list of one kind.
func orderNewest(rows *sql.Selector, wanted Listing) {
	var columns []string
	var after []any
	by := func(column string, place any) {
		columns, after = append(columns, rows.C(column)), append(after, place)
	}
	last := cmp.Or(wanted.After, &Key{})
	if wanted.ByTime {
		by(newestdefinition.FieldPublishedAt, last.PublishedMicros)
	}
	if wanted.Kind == "" {
		by(newestdefinition.FieldKind, last.Kind)
	}
	by(newestdefinition.FieldDefID, last.ID)
	for _, column := range columns {
		if wanted.NewestFirst {
			column = sql.Desc(column)
		}
		rows.OrderBy(column)
	}
	switch {
	case wanted.After == nil:
	case wanted.NewestFirst:
		rows.Where(sql.CompositeLT(columns, after...))
	default:
		rows.Where(sql.CompositeGT(columns, after...))
	}
}

// insert stores one version, published when events up to some positions had been folded. The error satisfies db.IsConstraintError when the
// version exists already.
func insert(ctx context.Context, client *db.Client, d *laurelv1.Definition, folded journal.Positions) error {
	version, publishedAt := int(d.GetVersion()), d.GetPublishedAt().AsTime().UnixMicro()
	err := client.Definition.Create().
		SetKind(d.GetKind()).SetDefID(d.GetId()).SetVersion(version).SetHash(d.GetHash()).SetYaml(d.GetYaml()).
		SetPublishedAt(publishedAt).SetPublishedBy(d.GetPublishedBy()).SetOpenSeq(folded.String()).
		Exec(ctx)
	if err != nil {
		return err
	}
	return client.NewestDefinition.Create().
		SetKind(d.GetKind()).SetDefID(d.GetId()).SetVersion(version).SetHash(d.GetHash()).SetPublishedAt(publishedAt).
		SetPublishedBy(d.GetPublishedBy()).
		OnConflictColumns(newestdefinition.FieldKind, newestdefinition.FieldDefID).UpdateNewValues().
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
		list = append(list, summary(*row))
	}
	return list
}

func summary(row db.Definition) *laurelv1.DefinitionSummary {
	return &laurelv1.DefinitionSummary{
		Kind: row.Kind, Id: row.DefID, Version: int32(row.Version), Hash: row.Hash, PublishedAt: timestamppb.New(time.UnixMicro(row.PublishedAt)),
		PublishedBy: row.PublishedBy,
	}
}
