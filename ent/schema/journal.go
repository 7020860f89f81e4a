package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

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
		field.String("owner").Default("").Comment("The process that folds it; it is free when that process is not alive."),
		field.Int64("epoch").Default(0).Comment("Grows with every change of owner; fences late writes."),
		field.Int64("cursor").Default(0).Comment("Last folded journal position."),
		field.Int64("published").Default(0).Comment("Position up to which boards are known to have what was folded; at most the cursor."),
	}
}

// Process is a running server that may own partitions. Its row is its heartbeat, on the database's clock.
type Process struct{ ent.Schema }

// Annotations name the table.
func (Process) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "process"}}
}

// Fields are the columns.
func (Process) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxLen(64).Immutable().Comment("Random, new at each start."),
		field.String("host").MaxLen(128).Immutable().Comment("Host name and process id, for people."),
		field.Int64("started_at").Immutable(),
		field.Int64("seen_until").Comment("It is alive until then unless it says so again; microseconds of the database's clock."),
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
		field.Int("partition").Default(0).Immutable(),
		field.Int64("seq").Immutable().Comment("Journal position in the partition."),
		field.String("event_id").MaxLen(128).Immutable(),
		field.String("stage").MaxLen(32).Immutable(),
		field.String("subject").MaxLen(128).Immutable().Comment("What the stage worked on, such as the contest id."),
		field.String("reason").MaxLen(2048).Immutable(),
		field.Int64("failed_at").Immutable(),
	}
}

// Indexes are the keys beside the primary one, and what the list is asked for.
func (DeadLetter) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("seq", "partition", "stage", "subject").Unique(),
		index.Fields("stage", "id"),
		index.Fields("subject", "id"),
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
		field.String("source").MaxLen(40).Default("").Immutable().Comment("Who sent it; empty means main."),
		field.String("event_id").MaxLen(128).Immutable(),
		field.Int64("seq").Default(0).Comment("Journal position of the event that had the id; 0 when it isn't known."),
		field.Bytes("content_hash").MaxLen(16).Immutable(),
		field.Bytes("body").Immutable().Comment("The event as the journal stores events."),
		field.Int64("refused_at").Immutable(),
	}
}

// Indexes are the keys beside the primary one.
func (EventConflict) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("source", "event_id", "content_hash").Unique(),
	}
}
