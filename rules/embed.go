// Package rules holds the definitions that ship with Laurel: demo is what a server without rules of its own shows, examples are for reading
// and copying.
package rules

import "embed"

// Demo holds the folder demo, the contests that laurel dev publishes when it is given no rules.
//
//go:embed demo/*.yaml
var Demo embed.FS
