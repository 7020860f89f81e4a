// Package ent holds the database schema; the client in ent/db is generated from ent/schema.
package ent

//go:generate go tool ent generate --target ./db --feature sql/upsert ./schema
