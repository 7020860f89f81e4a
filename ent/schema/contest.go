package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Contest is where a published contest stands in its life.
type Contest struct{ ent.Schema }

// Annotations name the table.
func (Contest) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "contest"}}
}

// Fields are the columns.
func (Contest) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxLen(64).Immutable(),
		field.Int("version").Comment("Definition version in force."),
		field.Int("state").Comment("laurel.v1.ContestState."),
		field.Int64("start_ts"),
		field.Int64("end_ts"),
		field.Int64("grace_end_ts"),
		field.Text("open_seq").Comment(
			"Journal positions up to which events were folded when the contest was published; they do not count. See journal.Positions.").
			Immutable(),
		field.Text("close_seq").Optional().Nillable().Comment(
			"Last journal positions that count; set when the grace is over. See journal.Positions."),
		field.Text("final_seq").Optional().Nillable().Comment(
			"Journal positions of the places of a final contest: at or above close_seq, since an event that was emitted because of one that " +
				"counts counts as well. See journal.Positions."),
		field.Bytes("pauses").Optional().Comment(
			"laurel.store.v1.ContestPauses in protobuf encoding: journal positions between which it took no events, since a version of Laurel " +
				"could not read its definition."),
		field.Int64("revision").Default(0).Comment("Contest revision of its last change."),
		field.Bytes("summary").Optional().Comment("laurel.store.v1.FinishedContest in protobuf encoding, once the contest is final."),
		field.String("result_hash").MaxLen(64).Default(""),
		field.Int64("players").Default(0).Comment("Players in the final standings."),
		field.Int64("changed_at"),
	}
}

// Indexes are the keys beside the primary one.
func (Contest) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("state"),
		index.Fields("revision"),
	}
}

// Standing is what the fold knows of one player in one contest.
type Standing struct{ ent.Schema }

// Annotations name the table.
func (Standing) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "standing"}}
}

// Fields are the columns.
func (Standing) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable(),
		field.String("contest_id").MaxLen(64).Immutable(),
		field.String("user_id").MaxLen(128).Immutable(),
		field.Int("partition").Immutable(),
		field.Int64("units"),
		field.Bytes("tie").MaxLen(32),
		field.Int64("rounds"),
		field.Int("version").Comment("Definition version that scored last."),
		field.Int64("seq").Comment("Journal position that changed it last."),
		field.Bytes("state").Comment("Encoded by server/contest."),
	}
}

// Indexes are the keys beside the primary one.
func (Standing) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("contest_id", "user_id").Unique(),
	}
}

// FinalStanding is one place of a finished contest; written once.
type FinalStanding struct{ ent.Schema }

// Annotations name the table.
func (FinalStanding) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "final_standing"}}
}

// Fields are the columns.
func (FinalStanding) Fields() []ent.Field {
	return []ent.Field{
		field.String("contest_id").MaxLen(64).Immutable(),
		field.Int64("place").Immutable(),
		field.String("user_id").MaxLen(128).Immutable(),
		field.Int64("units").Immutable(),
		field.Bytes("tie").MaxLen(32).Immutable(),
	}
}

// Indexes are the keys beside the primary one.
func (FinalStanding) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("contest_id", "place").Unique(),
		index.Fields("contest_id", "user_id").Unique(),
	}
}

// ContestSnapshot is the top of a board as it was.
type ContestSnapshot struct{ ent.Schema }

// Annotations name the table.
func (ContestSnapshot) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "contest_snapshot"}}
}

// Fields are the columns.
func (ContestSnapshot) Fields() []ent.Field {
	return []ent.Field{
		field.String("contest_id").MaxLen(64).Immutable(),
		field.Int64("number").Immutable(),
		field.Int64("taken_at").Immutable(),
		field.Int64("total").Immutable(),
		field.Text("positions").Default("").Immutable().Comment(
			"Journal positions that the board had applied; empty in snapshots of older versions. See journal.Positions."),
		field.Bytes("top").Immutable().Comment("laurel.v1.GetSnapshotResponse in protobuf encoding, with user ids."),
	}
}

// Indexes are the keys beside the primary one.
func (ContestSnapshot) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("contest_id", "number").Unique(),
	}
}

// LateEvent is the recorded decision not to score an event that came too late.
type LateEvent struct{ ent.Schema }

// Annotations name the table.
func (LateEvent) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "late_event"}}
}

// Fields are the columns.
func (LateEvent) Fields() []ent.Field {
	return []ent.Field{
		field.Int("partition").Default(0).Immutable(),
		field.Int64("seq").Immutable().Comment("Journal position in the partition."),
		field.String("contest_id").MaxLen(64).Immutable(),
		field.String("event_id").MaxLen(128).Immutable(),
		field.String("user_id").MaxLen(128).Immutable(),
		field.String("reason").MaxLen(64).Immutable(),
		field.Int64("decided_at").Immutable(),
	}
}

// Indexes are the keys beside the primary one.
func (LateEvent) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("contest_id", "seq", "partition").Unique(),
	}
}
