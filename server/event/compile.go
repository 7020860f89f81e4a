package event

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

var (
	namePattern    = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	versionPattern = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+){0,2}$`)
)

func compile(doc document) (*schema, error) {
	if most := contract.byPath["name"].longest; !namePattern.MatchString(doc.Name) || len(doc.Name) > most {
		return nil, fmt.Errorf("name must match %s with at most %d bytes", namePattern, most)
	}
	if len(doc.Versions) == 0 {
		return nil, errors.New("versions must hold at least one version")
	}
	compiled := &schema{internal: doc.Internal}
	for _, v := range doc.Versions {
		if !versionPattern.MatchString(v.Version) || len(v.Version) > contract.byPath["schema_version"].longest {
			return nil, fmt.Errorf("version %q must look like 1 or 1.2.0", v.Version)
		}
		one := major{number: majorOf(v.Version), newest: v.Version}
		if slices.ContainsFunc(compiled.majors, func(m major) bool { return m.number == one.number }) {
			return nil, fmt.Errorf("version %q: major version %s is there twice", v.Version, one.number)
		}
		var err error
		if one.required, err = requirements(v.Required); err != nil {
			return nil, fmt.Errorf("version %q required: %w", v.Version, err)
		}
		for _, group := range v.OneOf {
			var choices [][]requirement
			for _, paths := range group {
				choice, err := requirements(paths)
				if err != nil {
					return nil, fmt.Errorf("version %q one_of: %w", v.Version, err)
				}
				choices = append(choices, choice)
			}
			one.oneOf = append(one.oneOf, choices)
		}
		if one.types, err = compileTypes(v.Types); err != nil {
			return nil, fmt.Errorf("version %q types: %w", v.Version, err)
		}
		compiled.majors = append(compiled.majors, one)
	}
	slices.SortFunc(compiled.majors, func(a, b major) int {
		left, _ := strconv.ParseUint(a.number, 10, 64)
		right, _ := strconv.ParseUint(b.number, 10, 64)
		if left > right {
			return -1
		}
		return 1
	})
	return compiled, nil
}

func requirements(paths []string) ([]requirement, error) {
	list := make([]requirement, 0, len(paths))
	for _, path := range paths {
		has := presence(path)
		if has == nil {
			return nil, fmt.Errorf("%q is not a path that can be required", path)
		}
		list = append(list, requirement{path, has})
	}
	return list, nil
}
