// Package catalog owns definitions: it parses and checks what people write in YAML, and keeps what was published.
//
//	YAML ─► Parse ─► Document ─► checks handed in (formulas, by package rule) ─► Publish ─► version n+1, immutable
//	          │                          │
//	          └──────── Problems ────────┘  each with file, line, column and field; several at once
//
// A published version never changes: the next text of the same definition is the next version. Publishing a text whose
// canonical form equals the newest version changes nothing. The canonical form is the deterministic protobuf encoding of the
// parsed definition; its SHA-256 is the hash, so comments, spacing, quoting and the order of keys do not count.
//
// A publication is one transaction: what follows from it (Config.Adopt) is stored with the version or neither is, and may refuse it.
//
// Invariants: (kind, id, version) is unique and versions of a definition have no gaps. A contest that has started keeps its
// scoring, its leaderboard and its start; one that has ended keeps everything but its title.
//
// Parse, ParseWindow and Reading are pure. The package never compiles a formula, never scores and never reads the wall clock:
// Service is given one. What a formula means belongs to package rule, which hands its check in, because imports point up the flow.
package catalog
