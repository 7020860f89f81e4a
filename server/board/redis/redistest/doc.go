// Package redistest starts real Redis servers for tests: child processes on free ports with private folders, stopped when
// the test ends. It is only ever imported by tests.
package redistest
