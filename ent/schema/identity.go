package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Operator is a person who works with the studio.
type Operator struct{ ent.Schema }

// Annotations name the table.
func (Operator) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "operator"}}
}

// Fields are the columns.
func (Operator) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxLen(64).Immutable().Unique(),
		field.String("password_hash").MaxLen(256).Sensitive(),
		field.Strings("roles"),
		field.Int64("created_at").Immutable(),
		field.Int64("disabled_at").Default(0),
	}
}

// Session is a signed-in operator.
type Session struct{ ent.Schema }

// Annotations name the table.
func (Session) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "session"}}
}

// Fields are the columns.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxLen(64).Immutable().Comment("SHA-256 of the cookie's token."),
		field.Bytes("data"),
		field.Int64("expires_at"),
	}
}

// Indexes are the keys beside the primary one.
func (Session) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("expires_at"),
	}
}

// ApiKey is a key of another system.
type ApiKey struct{ ent.Schema }

// Annotations name the table.
func (ApiKey) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "api_key"}}
}

// Fields are the columns.
func (ApiKey) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxLen(64).Immutable().Comment("Public id."),
		field.String("name").MaxLen(64).Immutable(),
		field.String("source").MaxLen(32).Default("").Immutable().Comment("Whose events it sends; empty means main."),
		field.Bytes("secret_hash").Sensitive().Immutable().Comment("SHA-256 of the secret."),
		field.Strings("scopes").Immutable(),
		field.Int64("created_at").Immutable(),
		field.Int64("revoked_at").Default(0),
	}
}

// Indexes are the orders of the list.
func (ApiKey) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("created_at", "id"),
		index.Fields("name", "id"),
	}
}

// SigningKey is a secret the installation made for itself.
type SigningKey struct{ ent.Schema }

// Annotations name the table.
func (SigningKey) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "signing_key"}}
}

// Fields are the columns.
func (SigningKey) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxLen(64).Immutable(),
		field.String("purpose").MaxLen(32).Immutable(),
		field.Bytes("secret").Sensitive().Immutable(),
		field.Int64("created_at").Immutable(),
	}
}

// Indexes are the keys beside the primary one.
func (SigningKey) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("purpose").Unique(),
	}
}

// Player is what a player agreed to show.
type Player struct{ ent.Schema }

// Annotations name the table.
func (Player) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Annotation{Table: "player"}}
}

// Fields are the columns.
func (Player) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxLen(128).Immutable().Comment("The sender's user id."),
		field.String("public_name").MaxLen(160),
		field.Int64("updated_at"),
	}
}
