// Package server holds no code of its own: it is the root of the Go server, and the tests beside
// this file are the walls of the house. They read the real source of every package below and fail
// the build when
//
//   - an import points down the flow instead of up (the table is in house_test.go),
//   - a package has no doc.go, or is called util, common, helpers, models, types or manager,
//   - a file passes 500 lines or a function 70,
//   - the wall clock is read anywhere but in cmd/laurel/wire.go,
//   - a float appears in a package that handles money,
//   - a test sleeps or is skipped, or a lint finding is silenced in place.
//
// An event's way through the packages is written once, in pipeline; how they are put together is
// written once, in cmd/laurel/wire.go.
package server
