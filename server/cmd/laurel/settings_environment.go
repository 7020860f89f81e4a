package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/laurelhq/laurel/server/catalog"
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

// variablePrefix begins the variables that are meant for Laurel.
const variablePrefix = "LAUREL_"

// nearVariable is the variable of a verb that may have been meant. What all of them begin with makes none of them near.
func nearVariable(name string, followed []string) string {
	var rest []string
	for _, variable := range followed {
		if short, ours := strings.CutPrefix(variable, variablePrefix); ours {
			rest = append(rest, short)
		}
	}
	if near := catalog.Nearest(strings.TrimPrefix(name, variablePrefix), rest); near != "" {
		return "; did you mean " + variablePrefix + near + "?"
	}
	return ""
}

// refusedSetting is how an error begins that refuses the value of a flag, the command line's own errors among them.
var refusedSetting = regexp.MustCompile(`^--([a-z-]+) `)

// whereSet says what is wrong with a setting by the name under which it was set, when that is not its flag.
func whereSet(call *kong.Context, err error) error {
	said := refusedSetting.FindStringSubmatch(err.Error())
	if said == nil || call == nil {
		return err
	}
	flags := call.Flags()
	at := slices.IndexFunc(flags, func(f *kong.Flag) bool { return f.Name == said[1] })
	if at < 0 {
		return err
	}
	rest := strings.TrimPrefix(err.Error(), said[0])
	for _, step := range call.Path {
		switch {
		case step.Flag != flags[at]:
		case step.Resolved:
			return fmt.Errorf("%s in the settings file %s", said[1], rest)
		default:
			return err
		}
	}
	for _, variable := range flags[at].Envs {
		if os.Getenv(variable) != "" {
			return fmt.Errorf("%s %s", variable, rest)
		}
	}
	return err
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
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case !strings.HasPrefix(name, variablePrefix) || value == "" || serviceLink.MatchString(name):
		case !slices.Contains(known, name):
			warnings = append(warnings, fmt.Sprintf("%s is not a setting and does nothing%s", name, nearVariable(name, followed)))
		case (verb.Name == "serve" || verb.Name == "dev") && !slices.Contains(followed, name):
			warnings = append(warnings, fmt.Sprintf("%s does nothing for laurel %s", name, verb.Name))
		}
	}
	slices.Sort(warnings)
	return warnings
}
