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
		field.Text("open_seq").Optional().Nillable().Immutable().Comment("journal positions up to which events were folded before it was published"),
	}
}

// Indexes are the keys beside the primary one.
func (Definition) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("kind", "def_id", "version").Unique(),
	}
}
