// Package store opens the database and hands out transactions on SQLite and Postgres alike.
//
// It owns the connection settings, the versioned migrations, the triggers that keep append-only tables append-only, and the names
// of the locks that transactions share. It knows no table's meaning: the SQL of a noun lives in the noun's package.
//
// A process that froze or was cut off keeps nothing from the others for long: time-outs end its write transactions, and EndProcess its
// sessions.
//
// Invariants: SQLite has one writer connection, whose transactions begin IMMEDIATE and are durable when they commit
// (synchronous=FULL), and a pool of query-only readers. ent and raw SQL share one transaction through Tx.
package store
