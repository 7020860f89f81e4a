// Package storetest gives tests real databases: a SQLite file, and a Postgres server that runs as a child process with
// a private folder and socket. A missing Postgres fails the test with the command that installs it.
package storetest
