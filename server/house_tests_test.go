package server_test

import (
	"bytes"
	"go/ast"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestNothingIsSkipped finds tests that can pass without having run.
func TestNothingIsSkipped(t *testing.T) {
	t.Parallel()
	judge(t, nothingIsSkipped)
}

func nothingIsSkipped(source *tree) (problems []string, err error) {
	for _, file := range source.goFiles {
		if !file.test {
			continue
		}
		for _, use := range file.selectors("testing", "Short") {
			problems = say(problems, "%s:%d: testing.Short makes a test pass unrun", file.path, file.line(use))
		}
		ast.Inspect(file.tree, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			selector, ok := call.Fun.(*ast.SelectorExpr)
			if ok && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, selector.Sel.Name) && isTestValue(selector.X) {
				problems = say(problems, "%s:%d: a test never skips; fail with the command that installs what is missing", file.path, file.line(call))
			}
			return true
		})
	}
	return problems, nil
}

func isTestValue(expression ast.Expr) bool {
	receiver, ok := expression.(*ast.Ident)
	return ok && slices.Contains([]string{"t", "tb", "b", "f", "rt"}, receiver.Name)
}

// TestNoTestSleeps finds time.Sleep in tests. A file that uses synctest has virtual time: sleeping is how
// it passes there, and costs nothing.
func TestNoTestSleeps(t *testing.T) {
	t.Parallel()
	judge(t, noTestSleeps)
}

func noTestSleeps(source *tree) (problems []string, err error) {
	for _, file := range source.goFiles {
		if !file.test || file.localName("testing/synctest") != "" {
			continue
		}
		for _, use := range file.selectors("time", "Sleep") {
			problems = say(problems, "%s:%d: time.Sleep in a test; poll with require.Eventually, or use testing/synctest", file.path, file.line(use))
		}
	}
	return problems, nil
}

// TestNoFindingIsSilencedInPlace keeps exceptions where they can be read together: in .golangci.yml.
func TestNoFindingIsSilencedInPlace(t *testing.T) {
	t.Parallel()
	judge(t, noFindingIsSilenced)
}

func noFindingIsSilenced(source *tree) (problems []string, err error) {
	for _, file := range source.goFiles {
		for _, group := range file.tree.Comments {
			for _, comment := range group.List {
				text := strings.TrimSpace(strings.TrimPrefix(comment.Text, "//"))
				if strings.HasPrefix(text, "nolint") || strings.HasPrefix(text, "lint:ignore") || strings.HasPrefix(text, "#nosec") {
					problems = say(problems, "%s:%d: findings are mended, or excepted with a reason in .golangci.yml", file.path, file.line(comment))
				}
			}
		}
	}
	return problems, nil
}

// TestRepositoryStandsAlone finds files that point outside the repository.
func TestRepositoryStandsAlone(t *testing.T) {
	t.Parallel()
	judge(t, standsAlone)
}

func standsAlone(source *tree) (problems []string, err error) {
	outside := []byte("../" + "shared")
	for _, name := range source.names {
		content, err := fs.ReadFile(source.files, name)
		if err != nil {
			return nil, err
		}
		if utf8.Valid(content[:min(len(content), 512)]) && bytes.Contains(content, outside) {
			problems = say(problems, "%s mentions %s: whoever clones this repository has no such folder", name, outside)
		}
	}
	return problems, nil
}
