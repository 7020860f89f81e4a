package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
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

// settingsName is the file that is read without being named, where it is there.
const settingsName = "laurel.yaml"

// readSettings reads laurel.yaml. Its errors begin with the file's name.
func readSettings(r io.Reader) (kong.Resolver, error) {
	file := settingsFile{name: settingsName, values: map[string]string{}, lines: map[string]int{}}
	if named, ok := r.(interface{ Name() string }); ok {
		file.name = named.Name()
	}
	if err := file.read(r); err != nil {
		return nil, fmt.Errorf("%s: %w", file.name, err)
	}
	return file, nil
}

// read takes in the settings. One that is there without a value is left out, as an empty variable is.
func (f settingsFile) read(r io.Reader) error {
	var document yaml.Node
	if err := yaml.NewDecoder(r).Decode(&document); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return fmt.Errorf("not valid YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: settings are written name: value, such as listen: 127.0.0.1:8080", root.Line)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		name := strings.ReplaceAll(key.Value, "_", "-")
		if _, twice := f.lines[name]; twice {
			return fmt.Errorf("line %d: %s is there twice", key.Line, key.Value)
		}
		text, err := settingText(value)
		if err != nil {
			return fmt.Errorf("line %d: %s %w", value.Line, key.Value, err)
		}
		if f.lines[name] = key.Line; text != "" {
			f.values[name] = text
		}
	}
	return nil
}

// settingText gives a value as it would be written on a command line, where the items of a list stand between commas.
func settingText(value *yaml.Node) (string, error) {
	switch {
	case value.Kind == yaml.ScalarNode && value.ShortTag() == "!!null":
		return "", nil
	case value.Kind == yaml.ScalarNode:
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

// Resolve implements kong.Resolver. A setting that the environment has is left to it; kong would let the file win. It tries a value out, so
// that what is wrong with it is said of its line.
func (f settingsFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	text, set := f.values[flag.Name]
	if !set || slices.ContainsFunc(flag.Envs, func(name string) bool { return os.Getenv(name) != "" }) {
		return nil, nil
	}
	err := flag.Parse(kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: text}), reflect.New(flag.Target.Type()).Elem())
	if err != nil {
		return nil, fmt.Errorf("%s: line %d: %w", f.name, f.lines[flag.Name], cmp.Or(errors.Unwrap(err), err))
	}
	return text, nil
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
