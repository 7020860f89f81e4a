package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"github.com/laurelhq/laurel/server/word"
)

// settingsFile is laurel.yaml: flag names as keys, with - or _, and values as they are written on a command line.
type settingsFile struct {
	name   string
	values map[string]string
	lines  map[string]int
}

// readSettings reads laurel.yaml.
func readSettings(r io.Reader) (kong.Resolver, error) {
	var document yaml.Node
	if err := yaml.NewDecoder(r).Decode(&document); errors.Is(err, io.EOF) {
		return settingsFile{}, nil
	} else if err != nil {
		return nil, fmt.Errorf("not valid YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	file := settingsFile{name: "laurel.yaml", values: map[string]string{}, lines: map[string]int{}}
	if named, ok := r.(interface{ Name() string }); ok {
		file.name = named.Name()
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: settings are written name: value, such as listen: 127.0.0.1:8080", root.Line)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		name := strings.ReplaceAll(key.Value, "_", "-")
		if _, twice := file.values[name]; twice {
			return nil, fmt.Errorf("line %d: %s is there twice", key.Line, key.Value)
		}
		text, err := settingText(value)
		if err != nil {
			return nil, fmt.Errorf("line %d: %s %w", value.Line, key.Value, err)
		}
		file.values[name], file.lines[name] = text, key.Line
	}
	return file, nil
}

// settingText gives a value as it would be written on a command line, where the items of a list stand between commas.
func settingText(value *yaml.Node) (string, error) {
	switch {
	case value.Kind == yaml.ScalarNode && value.ShortTag() != "!!null":
		return value.Value, nil
	case value.Kind == yaml.SequenceNode:
		items := make([]string, 0, len(value.Content))
		for _, item := range value.Content {
			if item.Kind != yaml.ScalarNode {
				return "", errors.New("must be a value, or a list of values")
			}
			items = append(items, item.Value)
		}
		return strings.Join(items, ","), nil
	}
	return "", errors.New("must be a value, or a list of values")
}

// Validate implements kong.Resolver: a name that no verb knows is a mistake, and would be a default in silence.
func (f settingsFile) Validate(app *kong.Application) error {
	known := flagNames(app)
	for name, line := range f.lines {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s: line %d: %s is not a setting%s", f.name, line, name, didYouMean(name, known))
		}
	}
	return nil
}

// Resolve implements kong.Resolver.
func (f settingsFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if text, set := f.values[flag.Name]; set {
		return text, nil
	}
	return nil, nil
}

// flagsBelow gives the flags of a verb and of the verbs below it.
func flagsBelow(node *kong.Node) []*kong.Flag {
	flags := slices.Clone(node.Flags)
	for _, child := range node.Children {
		flags = append(flags, flagsBelow(child)...)
	}
	return flags
}

func flagNames(app *kong.Application) []string {
	var names []string
	for _, flag := range flagsBelow(app.Node) {
		if flag.Name != "help" && flag.Name != "config" {
			names = append(names, flag.Name)
		}
	}
	return names
}

func didYouMean(name string, known []string) string {
	if near := word.Meant(name, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}
