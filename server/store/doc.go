// Package store opens the database and hands out transactions on SQLite and Postgres alike.
//
// It owns the connection settings, the versioned migrations and the triggers that keep append-only tables
// append-only. It knows no table's meaning: the SQL of a noun lives in the store.go of its package.
//
// Invariants: SQLite has one writer connection, whose transactions begin IMMEDIATE and are durable when they commit
// (synchronous=FULL), and a pool of query-only readers. ent and raw SQL share one transaction through Tx.
package store
