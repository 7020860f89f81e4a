package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// serviceLink are the variables that Kubernetes sets by itself beside a service named laurel.
var serviceLink = regexp.MustCompile(`^LAUREL_(SERVICE_(HOST|PORT)|PORT)(_|$)`)

// dropEmpty unsets the variables of settings that are there without a value, as compose files leave them where nothing was chosen.
// They mean what an absent one does, whatever the type of the setting.
func dropEmpty(app *kong.Application) error {
	for _, flag := range flagsBelow(app.Node) {
		for _, name := range flag.Envs {
			if os.Getenv(name) != "" {
				continue
			}
			if err := os.Unsetenv(name); err != nil {
				return fmt.Errorf("unset %s: %w", name, err)
			}
		}
	}
	return nil
}

// strayVariables says which LAUREL_ variables of an environment do nothing: those that no verb knows, and, for a verb that runs a server,
// those that only another verb follows. They are told and not refused, since an environment is shared with others.
func strayVariables(app *kong.Application, verb *kong.Node, environment []string) []string {
	var known, followed []string
	for _, flag := range flagsBelow(app.Node) {
		known = append(known, flag.Envs...)
	}
	for _, flag := range verb.Flags {
		followed = append(followed, flag.Envs...)
	}
	var warnings []string
	for _, entry := range environment {
		name, _, _ := strings.Cut(entry, "=")
		switch {
		case !strings.HasPrefix(name, "LAUREL_") || serviceLink.MatchString(name):
		case !slices.Contains(known, name):
			warnings = append(warnings, fmt.Sprintf("%s is not a setting and does nothing%s", name, didYouMean(name, known)))
		case (verb.Name == "serve" || verb.Name == "dev") && !slices.Contains(followed, name):
			warnings = append(warnings, fmt.Sprintf("%s does nothing for laurel %s", name, verb.Name))
		}
	}
	slices.Sort(warnings)
	return warnings
}
