// Package journaltest has tests of other packages cut the journal into ranges without waiting for a week.
package journaltest
