package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

// PlayerPage is what the fold knows of one player beside his standings: one section for each stage that keeps something.
type PlayerPage struct{ ent.Schema }

// Annotations name the table.
func (PlayerPage) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "player_page"}}
}

// Fields are the columns.
func (PlayerPage) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxLen(128).Immutable().Comment("The sender's user id."),
		field.Int("partition").Immutable(),
		field.Int64("seq").Comment("Journal position that changed it last."),
		field.Bytes("state").Comment("Encoded by server/player."),
	}
}
