// Package frontend holds the built pages: what make build puts into the dist folders. They are empty until then, and the server says so.
package frontend

import "embed"

// Studio is the operators' pages below studio/dist.
//
//go:embed all:studio/dist
var Studio embed.FS

// Widget is the player's web component and its demo page below widget/dist.
//
//go:embed all:widget/dist
var Widget embed.FS
