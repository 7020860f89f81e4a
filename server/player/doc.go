// Package player keeps what the fold knows of a player beside his standings: his page.
//
// A page is one row a player with a section for each stage that keeps something of him, so that ten definitions cost one write. Its first
// section is the profile: when he was first and last seen, his market, platform, payer flag and KYC level as his events tell them. The
// profile fills in the payer flag and the KYC level of events that lack them, before any rule sees them.
//
// It never decides what counts: rules and contests read the event as the profile left it.
//
// Invariants:
//   - A page is a pure fold of the player's events in the order of his partition.
//   - What an event says of itself is never overwritten.
//   - A page changes only when it says something new: the time he was last seen is kept in steps of SeenStep, so a busy player's page is
//     not written for each event.
package player
