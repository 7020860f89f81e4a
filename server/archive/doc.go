// Package archive keeps ranges of the journal as files, and reads the past from them.
//
// It owns the form of an archive: a folder with a manifest and files of events, each row of the journal byte for byte. It never drops
// anything: the journal does, when an archive in hand has proved to be equal to the table.
//
// Invariants:
//   - A folder appears under its name when it is whole, synced, and was read back and found equal to the journal.
//   - The same range makes the same manifest, so that its hash names what it holds.
//   - What is read from a file is compared with the manifest's hash, count and positions before its end is reported.
package archive
