// Package mapping turns the rows of files into events: CSV rows by a mapping that people write, JSON lines and archives of the journal as
// they are.
//
// It reads a file unit by unit, from its start or from where an earlier run stopped, and accounts for every row. It never sends anything
// and knows no server: what an event is it asks package event, the reader of all doors.
//
// Invariants: each row is counted once, as part of an event, refused by a named reason, unreadable or blank; reading on from the end of a
// unit gives what reading the whole gives; sums are exact; what is wrong with a mapping is said with file, line and field before the first
// row is read.
package mapping
