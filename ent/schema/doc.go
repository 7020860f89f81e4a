// Package schema declares the tables, one file a noun. Times are integer UTC microseconds since 1970 so that both
// dialects store and compare them alike. Hot tables (journal, standing) are written by raw SQL in the store.go of
// the package that owns them; their shape still comes from here, and so do the migrations.
package schema
