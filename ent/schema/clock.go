package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// ClockMark is the highest event time folded for one market and brand; used by the event clock only.
type ClockMark struct{ ent.Schema }

// Annotations name the table.
func (ClockMark) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "clock_mark"}}
}

// Fields are the columns.
func (ClockMark) Fields() []ent.Field {
	return []ent.Field{
		field.String("market").MaxLen(32).Immutable(),
		field.String("brand").MaxLen(64).Immutable(),
		field.Int64("event_ts"),
	}
}

// Indexes are the keys beside the primary one.
func (ClockMark) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("market", "brand").Unique(),
	}
}

// Setting is one value fixed for the installation, such as the number of partitions.
type Setting struct{ ent.Schema }

// Annotations name the table.
func (Setting) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "setting"}}
}

// Fields are the columns.
func (Setting) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxLen(64).Immutable(),
		field.String("value").MaxLen(4096),
	}
}
