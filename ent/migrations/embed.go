// Package migrations embeds the versioned schema changes of both dialects, made by make generate from ent/schema.
package migrations

import "embed"

// Files holds sqlite/*.sql and postgres/*.sql in goose format.
//
//go:embed sqlite postgres
var Files embed.FS
