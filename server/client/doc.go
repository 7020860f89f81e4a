// Package client reaches a running server as any outsider does: its address, the key it knows us by, and how long a call may take.
//
// It holds no state and repeats no call: whether that is right is for the caller to say.
package client
