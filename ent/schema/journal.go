package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// JournalEvent is one accepted event. Its id is the journal position: see docs/decisions/0001.
type JournalEvent struct{ ent.Schema }

// Annotations name the table.
func (JournalEvent) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "journal_event"}}
}

// Fields are the columns.
func (JournalEvent) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable().Annotations(entsql.Annotation{Incremental: new(bool)}).Comment("Journal position."),
		field.Int("partition").Immutable(),
		field.String("event_id").MaxLen(128).Immutable(),
		field.Bytes("content_hash").MaxLen(16).Immutable(),
		field.Int64("ingest_ts").Immutable().Comment("Arrival, microseconds."),
		field.Bytes("body").Immutable().Comment("laurel.v1.Event in protobuf encoding."),
	}
}

// Indexes are the keys beside the primary one.
func (JournalEvent) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("event_id").Unique(),
	}
}

// JournalPartition is who folds a partition and how far.
type JournalPartition struct{ ent.Schema }

// Annotations name the table.
func (JournalPartition) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "journal_partition"}}
}

// Fields are the columns.
func (JournalPartition) Fields() []ent.Field {
	return []ent.Field{
		field.Int("id").Immutable().Annotations(entsql.Annotation{Incremental: new(bool)}),
		field.String("owner").Default(""),
		field.Int64("epoch").Default(0).Comment("Grows with every change of owner; fences late writes."),
		field.Int64("lease_until").Default(0).Comment("Microseconds."),
		field.Int64("cursor").Default(0).Comment("Last folded journal position."),
	}
}

// DeadLetter is an event a stage could not fold.
type DeadLetter struct{ ent.Schema }

// Annotations name the table.
func (DeadLetter) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "dead_letter"}}
}

// Fields are the columns.
func (DeadLetter) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("seq").Immutable(),
		field.String("event_id").MaxLen(128).Immutable(),
		field.String("stage").MaxLen(32).Immutable(),
		field.String("subject").MaxLen(128).Immutable().Comment("What the stage worked on, such as the contest id."),
		field.String("reason").MaxLen(2048).Immutable(),
		field.Int64("failed_at").Immutable(),
	}
}

// Indexes are the keys beside the primary one.
func (DeadLetter) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("seq", "stage", "subject").Unique(),
	}
}

// EventConflict is a refused re-use of an event id with other content.
type EventConflict struct{ ent.Schema }

// Annotations name the table.
func (EventConflict) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "event_conflict"}}
}

// Fields are the columns.
func (EventConflict) Fields() []ent.Field {
	return []ent.Field{
		field.String("event_id").MaxLen(128).Immutable(),
		field.Bytes("content_hash").MaxLen(16).Immutable(),
		field.Bytes("body").Immutable(),
		field.Int64("refused_at").Immutable(),
	}
}

// Indexes are the keys beside the primary one.
func (EventConflict) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("event_id", "content_hash").Unique(),
	}
}
