// Package api is every door the outside comes in by: Connect, gRPC and gRPC-Web handlers, one file per service, and the
// REST doors over the same calls. It translates and guards; it decides nothing about events, scores or places.
//
//	request ─► identify (package identity) ─► access table ─► validate ─► service ─► one place for errors ─► answer
//
// RPC stands under /rpc/laurel.v1.<Service>/ for browsers, so that an unknown path can't be answered by the studio's
// page, and under /laurel.v1.<Service>/, where gRPC clients look for it.
//
// Invariants: a procedure that is not in the access table is refused; authorisation happens before a byte of the message
// is read; a user id is written only for callers that may see it (row.go is the only place that writes one); what is
// inside an internal error goes to the log with a trace id, never to the caller; every body, page, cache and wait has a
// named limit.
package api
