package server_test

import (
	"go/ast"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var (
	// sqlText is what only SQL says: its words in capitals, and the beginnings of its statements.
	sqlText = regexp.MustCompile(`\b(SELECT|INSERT INTO|DELETE FROM|UPDATE \w+ SET|WHERE|ORDER BY|GROUP BY|ON CONFLICT|RETURNING|UNION ` +
		`ALL|(CROSS|LEFT|INNER) JOIN|(CREATE|ALTER|DROP) (TABLE|INDEX|TRIGGER))\b`)
	// sqlCalls run statements.
	sqlCalls = []string{"QueryContext", "QueryRowContext", "ExecContext", "PrepareContext"}
)

// sqlAnywhere are lines of the table whose SQL may stand in any file.
var sqlAnywhere = map[string]string{
	"store": "it opens the database: all of it is about SQL",
}

// TestSQLStandsInStoreFiles finds SQL outside the files that are named for it: a package's store.go, and store_*.go where that would be too
// long.
func TestSQLStandsInStoreFiles(t *testing.T) {
	t.Parallel()
	judge(t, sqlStandsInStoreFiles)
}

func sqlStandsInStoreFiles(source *tree) (problems []string, err error) {
	for _, file := range source.goFiles {
		base := path.Base(file.path)
		_, anywhere := sqlAnywhere[lineOf(file.dir)]
		if file.test || anywhere || lineOf(file.dir) == "" || base == "store.go" || strings.HasPrefix(base, "store_") {
			continue
		}
		ast.Inspect(file.tree, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.BasicLit:
				if node.Kind == token.STRING && sqlText.MatchString(node.Value) {
					problems = say(problems, "%s:%d: SQL outside store.go; move it there or to a file store_*.go", file.path, file.line(node))
				}
			case *ast.SelectorExpr:
				if slices.Contains(sqlCalls, node.Sel.Name) {
					problems = say(problems, "%s:%d: %s outside store.go; move it there or to a file store_*.go", file.path, file.line(node),
						node.Sel.Name)
				}
			}
			return true
		})
	}
	return problems, nil
}

// TestLinterTakesOnlyTestsForTests finds exceptions of the linter for test code that cover other code as well.
func TestLinterTakesOnlyTestsForTests(t *testing.T) {
	t.Parallel()
	judge(t, linterTakesOnlyTestsForTests)
}

func linterTakesOnlyTestsForTests(source *tree) (problems []string, err error) {
	content, err := fs.ReadFile(source.files, ".golangci.yml")
	if err != nil {
		return nil, err
	}
	var settings struct {
		Linters struct {
			Exclusions struct {
				Rules []struct {
					Path string `yaml:"path"`
				} `yaml:"rules"`
			} `yaml:"exclusions"`
		} `yaml:"linters"`
	}
	if err := yaml.Unmarshal(content, &settings); err != nil {
		return nil, err
	}
	for _, rule := range settings.Linters.Exclusions.Rules {
		if !strings.Contains(rule.Path, "test") {
			continue
		}
		pattern, err := regexp.Compile(rule.Path)
		if err != nil {
			return nil, err
		}
		for _, file := range source.goFiles {
			if !file.test && pattern.MatchString(file.path) {
				problems = say(problems, ".golangci.yml: %s excepts %s, which is no test", rule.Path, file.path)
			}
		}
	}
	return problems, nil
}
