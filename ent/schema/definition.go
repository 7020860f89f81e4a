package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Definition is an immutable published version of a definition.
type Definition struct{ ent.Schema }

// Annotations name the table.
func (Definition) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "definition"}}
}

// Fields are the columns.
func (Definition) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").MaxLen(32).Immutable(),
		field.String("def_id").MaxLen(64).Immutable(),
		field.Int("version").Immutable(),
		field.String("hash").MaxLen(64).Immutable(),
		field.Text("yaml").Immutable(),
		field.Int64("published_at").Immutable(),
		field.String("published_by").MaxLen(128).Immutable(),
		field.Text("open_seq").Optional().Nillable().Immutable().Comment(
			"journal positions up to which events were folded before it was published"),
	}
}

// Indexes are the keys beside the primary one.
func (Definition) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("kind", "def_id", "version").Unique(),
	}
}

// NewestDefinition is the newest version of a definition, without its document: what lists of definitions show. It is written with the
// version.
type NewestDefinition struct{ ent.Schema }

// Annotations name the table.
func (NewestDefinition) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "newest_definition"}}
}

// Fields are the columns.
func (NewestDefinition) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").MaxLen(32).Immutable(),
		field.String("def_id").MaxLen(64).Immutable(),
		field.Int("version"),
		field.String("hash").MaxLen(64),
		field.Int64("published_at"),
		field.String("published_by").MaxLen(128),
	}
}

// Indexes are the orders of the list, with and without a kind.
func (NewestDefinition) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("kind", "def_id").Unique(),
		index.Fields("published_at", "kind", "def_id"),
		index.Fields("kind", "published_at", "def_id"),
	}
}
