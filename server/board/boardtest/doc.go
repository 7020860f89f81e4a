// Package boardtest is the one conformance suite of board engines, and the naive board they are compared with: a map that is
// sorted anew with board.Compare for every question. It is only ever imported by tests.
package boardtest
