// Package catalog owns definitions: it parses and checks what people write in YAML, and keeps what was published.
//
//	YAML ─► Parse ─► Document ─► RunSteps: does it fit the vocabulary? does it compile? ─► Publish ─► version n+1, immutable
//	          │                     │
//	          └──────── Problems ───┘  each with file, line, column and field; several at once
//
// The kinds are one table (kind.go). A row says for its kind: the message, what the contract's bounds can't check, what must fit the
// vocabulary, the plan, the reading in English, what a new version may change, and the words of its patterns. The compile step of a kind is
// a Step that is handed in. Nothing else in the package asks what kind a document is of.
//
// The Vocabulary is what is published that events and other definitions refer to by name: currencies and rate tables. It only grows, and
// what it says of a name never changes. A rate holds for events that were folded after it was published; the version keeps the journal's
// positions of that moment.
//
// A published version never changes: the next text of the same definition is the next version. Publishing a text whose
// canonical form equals the newest version changes nothing. The canonical form is the deterministic protobuf encoding of the
// parsed definition; its SHA-256 is the hash, so comments, spacing, quoting and the order of keys do not count.
//
// A publication is one transaction: what follows from it (Config.Adopt) is stored with the version or neither is, and may refuse it. It
// holds the revision alone and raises it, so that no batch of the fold is committed that did not know of it.
//
// Invariants: (kind, id, version) is unique and versions of a definition have no gaps. A contest that has started keeps its scoring, its
// leaderboard and its start; one that has ended keeps everything but its title. A currency keeps its exponent, a rate table its base, its
// zone and every rate.
//
// Parse, ParseWindow and Reading are pure. The package never compiles a formula, never scores and never reads the wall clock:
// Service is given one. What a formula means belongs to package rule, which hands its check in, because imports point up the flow.
package catalog
