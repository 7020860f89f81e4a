package rules

import _ "embed"

// Load is the contest that laurel load publishes and puts under load.
//
//go:embed load/contest.yaml
var Load string
