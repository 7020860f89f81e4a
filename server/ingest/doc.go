// Package ingest accepts events from any door: it normalises each one, refuses what is wrong by name, and makes the rest durable.
//
// An accepted event is in the journal when Accept returns. Concurrent callers share transactions (group commit): while one
// is being written the next one fills. Ingest never waits for scoring; when scoring lags past the limit it refuses with a
// delay instead of growing without bound.
//
// Invariants: nothing is acknowledged that is not durable; the same event twice gives one row and two acknowledgements; the same
// id with other content is refused and kept for review. An event that happened before the horizon is refused, unless it comes as history.
package ingest
