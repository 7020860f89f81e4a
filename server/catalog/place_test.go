package catalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

// spot is a place in a document: the path of a field, and the nodes of its key and value. An item of a list has no key.
type spot struct {
	path       string
	key, value *yaml.Node
}

// spots are all fields of a document, in the order in which they are written.
func spots(at *yaml.Node, path string) (found []spot) {
	switch at.Kind {
	case yaml.DocumentNode:
		return spots(at.Content[0], path)
	case yaml.MappingNode:
		for i := 0; i+1 < len(at.Content); i += 2 {
			inner := join(path, at.Content[i].Value)
			found = append(found, spot{inner, at.Content[i], at.Content[i+1]})
			found = append(found, spots(at.Content[i+1], inner)...)
		}
	case yaml.SequenceNode:
		for i, item := range at.Content {
			inner := fmt.Sprintf("%s[%d]", path, i)
			found = append(found, spot{inner, nil, item})
			found = append(found, spots(item, inner)...)
		}
	}
	return found
}

// kindExamples is a document of each kind, in which most fields are written.
func kindExamples(t testing.TB) map[string]string {
	t.Helper()
	return map[string]string{
		KindContest: string(exampleYaml(t)) + "title: Sprint\n", KindCurrency: bitcoin, KindExchangeRates: "tz: Europe/Berlin\n" + ratesHead +
			ratesOf25 + ratesOf26,
	}
}

// spoilt writes a document anew with one field changed, behind some lines of comment and in one of two styles, and returns it with the
// place where the field stands now.
func spoilt(t *rapid.T, text string, change func(t *rapid.T, fields []spot) (spot, int)) (string, spot) {
	var document yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &document))
	fields := spots(&document, "")
	changed, at := change(t, fields)
	if rapid.Bool().Draw(t, "block style") {
		for _, one := range fields {
			one.value.Style &^= yaml.FlowStyle
		}
	}
	written, err := yaml.Marshal(&document)
	require.NoError(t, err)
	result := strings.Repeat("# a comment\n", rapid.IntRange(0, 3).Draw(t, "comments")) + string(written)
	var again yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(result), &again))
	place := spots(&again, "")[at]
	place.path = changed.path
	return result, place
}

// TestEveryWrongValueIsToldAtItsPlace puts a list into a list in the place of any field of any kind: the problem names the field, and the
// line and column where its value stands.
func TestEveryWrongValueIsToldAtItsPlace(t *testing.T) {
	t.Parallel()
	for kind, text := range kindExamples(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				changed, place := spoilt(t, text, func(t *rapid.T, fields []spot) (spot, int) {
					at := rapid.IntRange(0, len(fields)-1).Draw(t, "field")
					for fields[at].path == "kind" {
						at = (at + 1) % len(fields)
					}
					nested := *fields[at].value
					nested.Kind, nested.Tag, nested.Value, nested.Style = yaml.SequenceNode, "!!seq", "", yaml.FlowStyle
					inner := nested
					inner.Content = nil
					nested.Content = []*yaml.Node{&inner}
					*fields[at].value = nested
					return fields[at], at
				})
				_, problems := Parse("", []byte(changed))
				require.True(t, slices.ContainsFunc(problems, func(p Problem) bool {
					return strings.HasPrefix(p.Field, place.path) && p.Line == place.value.Line && p.Column >= place.value.Column
				}), "%s at %d:%d in\n%s\nproblems\n%s", place.path, place.value.Line, place.value.Column, changed, wholeProblems(problems))
			})
		})
	}
}

// TestEveryMisspeltKeyIsToldItsName leaves a letter out of any key of any kind: the problem stands where the key does and names the field
// that was meant.
func TestEveryMisspeltKeyIsToldItsName(t *testing.T) {
	t.Parallel()
	for kind, text := range kindExamples(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				var meant string
				changed, place := spoilt(t, text, func(t *rapid.T, fields []spot) (spot, int) {
					at := rapid.IntRange(0, len(fields)-1).Draw(t, "field")
					for fields[at].key == nil || fields[at].path == "kind" || len(fields[at].key.Value) < 4 {
						at = (at + 1) % len(fields)
					}
					meant = fields[at].key.Value
					cut := rapid.IntRange(1, len(meant)-2).Draw(t, "letter") // without its end rates is as near to date
					fields[at].key.Value = meant[:cut] + meant[cut+1:]
					return spot{path: strings.TrimSuffix(fields[at].path, meant) + fields[at].key.Value}, at
				})
				_, problems := Parse("", []byte(changed))
				at := slices.IndexFunc(problems, func(p Problem) bool { return p.Field == place.path })
				require.GreaterOrEqual(t, at, 0, "%s in\n%s\nproblems\n%s", place.path, changed, wholeProblems(problems))
				require.Equal(t, []int{place.key.Line, place.key.Column}, []int{problems[at].Line, problems[at].Column})
				require.Contains(t, problems[at].Message, "did you mean "+meant+"?")
			})
		})
	}
}

// TestFormDoesNotChangeWhatIsPublished writes documents of each kind in another form, with the fields in another order: the hash is the
// same, and another value makes another.
func TestFormDoesNotChangeWhatIsPublished(t *testing.T) {
	t.Parallel()
	for kind, text := range kindExamples(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			want, problems := Parse("", []byte(text))
			require.Empty(t, problems)
			rapid.Check(t, func(t *rapid.T) {
				changed, _ := spoilt(t, text, func(t *rapid.T, fields []spot) (spot, int) {
					for _, one := range fields {
						if content := one.value.Content; one.value.Kind == yaml.MappingNode {
							shuffled := rapid.Permutation(pairs(content)).Draw(t, "order")
							one.value.Content = slices.Concat(shuffled...)
						}
					}
					return fields[0], 0
				})
				got, problems := Parse("", []byte(changed))
				require.Empty(t, problems)
				require.Equal(t, want.Hash, got.Hash, changed)
			})
			other, problems := Parse("",
				[]byte(strings.Replace(text, "title: ", "title: New ", 1)+strings.Repeat("title: New\n", 1-min(1, strings.Count(text, "title:")))))
			require.Empty(t, problems)
			require.NotEqual(t, want.Hash, other.Hash)
		})
	}
}

func pairs(content []*yaml.Node) (list [][]*yaml.Node) {
	for pair := range slices.Chunk(content, 2) {
		list = append(list, pair)
	}
	return list
}
