// Package event owns the event value: how it is read from JSON, which event names exist and what each of them must carry,
// the one check that every event passes whatever door it came through, and the events that Laurel makes itself.
//
//	REST, webhook:  DecodeJSON ─┐
//	Connect, gRPC:  protobuf ───┴─► Registry.Normalise ─► ContentHash ─► journal ─┐
//	                                                          └── Deliver, RankObserved ◄── fold, snapshots
//
// The value itself is the generated laurelv1.Event. DecodeJSON takes both event shapes that senders use (event_name or name,
// ts or event_ts, user_id or user.id, version or schema_version, payer_flag or payer, context or device) and refuses by path
// what it does not know. Normalise enforces the bounds written in event.proto without protovalidate, because it runs for every
// event; a property test compares the two.
//
// One table has a row for each field of the contract (fields.go). It drives reading, bounds, what schemas may require, what is personal,
// what each player of an event of several gets, near names, and what formulas can read.
//
// The package never guesses: it fills in what the contract declares as a default and refuses everything else by field name.
// It never reads a clock, a database or a network.
//
// Invariants: an event that passed Normalise passes it again unchanged; its identity is its event_id and its content is
// ContentHash, which does not depend on the JSON shape or on ingest_ts. The id of an emitted event is natural and of a kind
// that no sender may use; only emitted events have an origin.
package event
