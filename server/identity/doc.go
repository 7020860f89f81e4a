// Package identity knows who is calling: operators with a password and a session, other systems with an API key,
// players with a signed token, and everyone else. It also owns what strangers see of a player: a pseudonym, or the
// public name the player agreed to.
//
//	Authorization: Bearer lk_<id>_<secret>  ─► API key     scopes ingest, read, admin
//	Authorization: Bearer <dev key>         ─► API key     all scopes, only when one was handed in
//	Authorization: Bearer <JWT, EdDSA>      ─► player      user id in sub
//	Cookie laurel_session, same origin      ─► operator    roles read anew within accountFresh
//	nothing                                 ─► anonymous
//
// A credential that is present and wrong is refused; it never falls back to anonymous. A cookie on a request that
// another site caused counts as no cookie.
//
// The package decides who someone is, never what he may do: that is the table in package api.
//
// Invariants: of passwords, API keys and session tokens only hashes are stored; the signing keys are made once per
// installation, whichever process comes first; a revoked key, a disabled operator and a changed password hold in every
// process within accountFresh; every map that grows with what strangers send has a named bound.
package identity
