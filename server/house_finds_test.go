package server_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// madeUp is a small tree of source.
func madeUp(t require.TestingT, files map[string]string) *tree {
	system := fstest.MapFS{}
	for name, text := range files {
		system[name] = &fstest.MapFile{Data: []byte(text)}
	}
	read, err := readTree(system)
	require.NoError(t, err)
	return read
}

func goFunction(lines int) string {
	return "package p\n\nfunc long() {\n" + strings.Repeat("\t_ = 1\n", lines-2) + "}\n"
}

// TestTheHouseFindsWhatItForbids runs the checks on source that was made up to break them, beside source that just keeps them.
func TestTheHouseFindsWhatItForbids(t *testing.T) {
	t.Parallel()
	const clock = "package p\n\nimport \"time\"\n\nvar now = time.Now\n"
	const query = "package p\n\nconst all = `SELECT id\n\tFROM contest`\n"
	const call = "package p\n\nfunc p(db interface{ ExecContext(string) }) { db.ExecContext(\"PRAGMA x\") }\n"
	script := func(head, foot string, lines int) string {
		return head + "\n" + strings.Repeat("  f(\"}\");\n", lines-2) + foot + "\n"
	}
	for _, one := range []struct {
		name, text string
		check      func(*tree) ([]string, error)
		want       string // "" when nothing is to be found
	}{
		{"server/contest/life.go", clock, clockIsHandedIn, "server/contest/life.go:5: time.Now reads the wall clock"},
		{"server/contest/life_test.go", clock, clockIsHandedIn, ""},
		{"server/cmd/laurel/wire.go", clock, clockIsHandedIn, ""},
		{"server/board/boardtest/suite.go", clock, clockIsHandedIn, ""},
		{"server/latest/suite.go", clock, clockIsHandedIn, "time.Now"},
		{"server/contest/life.go", goFunction(71), functionsAreShort, "server/contest/life.go:3: long has 71 lines, the limit is 70"},
		{"server/contest/life.go", goFunction(70), functionsAreShort, ""},
		{"server/store/storetest/open.go", goFunction(71), functionsAreShort, ""},
		{"frontend/studio/src/contest/a.tsx", script("export function Room({ id }: Props) {", "}", 71), functionsAreShort,
			"a.tsx:1: Room has 71 lines"},
		{"frontend/studio/src/contest/a.tsx", script("export function Room({ id }: Props) {", "}", 70), functionsAreShort, ""},
		{"frontend/studio/src/contest/a.ts", script("export function Room({\n  id,\n}: Props): Row[] {", "}", 69), functionsAreShort,
			"a.ts:1: Room has 71 lines"},
		{"frontend/studio/src/contest/a.ts", script("const room = async (id: string): Promise<void> => {", "};", 71), functionsAreShort,
			"a.ts:1: room has 71 lines"},
		{"frontend/studio/src/contest/a.ts", script("const room = () => ({", "});", 71), functionsAreShort, "a.ts:1: room has 71 lines"},
		{"frontend/studio/src/contest/a.ts", "class Room {\n" + strings.ReplaceAll(script("  async open(id: string): Promise<void> {", "  }", 71),
			"  f(", "    f(") + "}\n", functionsAreShort, "a.ts:2: open has 71 lines"},
		{"frontend/studio/src/contest/a.ts", script("const rooms = {", "};", 90), functionsAreShort, ""},
		{"frontend/studio/src/contest/a.ts", script("export function css() { return `", "`; }", 90), functionsAreShort, ""},
		{"frontend/studio/src/contest/a.test.ts", script("export function Room() {", "}", 90), functionsAreShort, ""},
		{"frontend/widget/test/server.ts", script("export function Room() {", "}", 90), functionsAreShort, ""},
		{"server/contest/life.go", query, sqlStandsInStoreFiles, "server/contest/life.go:3: SQL outside store.go"},
		{"server/contest/life.go", call, sqlStandsInStoreFiles, "server/contest/life.go:3: ExecContext outside store.go"},
		{"server/contest/store.go", query, sqlStandsInStoreFiles, ""},
		{"server/contest/store_life.go", query + call[len("package p"):], sqlStandsInStoreFiles, ""},
		{"server/contest/life_test.go", query, sqlStandsInStoreFiles, ""},
		{"server/store/migrate.go", call, sqlStandsInStoreFiles, ""},
		{"server/rule/text.go", "package p\n\nconst help = \"select where it stands, order by place\"\n", sqlStandsInStoreFiles, ""},
	} {
		found, err := one.check(madeUp(t, map[string]string{one.name: one.text}))
		require.NoError(t, err)
		if one.want == "" {
			require.Empty(t, found, "%s\n%s", one.name, one.text)
			continue
		}
		require.Len(t, found, 1, "%s\n%s", one.name, one.text)
		require.Contains(t, found[0], one.want)
	}
}

func TestTheHouseReadsTheLintersExceptions(t *testing.T) {
	t.Parallel()
	settings := func(path string) string { return "linters:\n  exclusions:\n    rules:\n      - path: " + path + "\n" }
	for path, want := range map[string]string{
		`(_test\.go|test/)`:                    "excepts server/contest/life.go, which is no test",
		`(_test\.go|server/store/[a-z]+test/)`: "",
		`/main\.go`:                            "",
	} {
		found, err := linterTakesOnlyTestsForTests(madeUp(t, map[string]string{
			".golangci.yml": settings(path), "server/contest/life.go": "package contest\n", "server/store/storetest/open.go": "package storetest\n",
			"server/contest/life_test.go": "package contest\n", "server/cmd/laurel/main.go": "package main\n",
		}))
		require.NoError(t, err)
		require.Equal(t, want != "", len(found) == 1, "%s: %v", path, found)
		if want != "" {
			require.Contains(t, found[0], want)
		}
	}
}

// TestScriptFunctionsAreCountedWhole nests functions at random: each is found with its own name and length.
func TestScriptFunctionsAreCountedWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		line := 0
		want := map[string][2]int{}
		write := func(depth int, s string) {
			line++
			text.WriteString(strings.Repeat("  ", depth) + s + "\n")
		}
		count := 0
		var function func(depth int)
		function = func(depth int) {
			count++
			name := "f" + strings.Repeat("x", count)
			first := line + 1
			end := "}"
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				write(depth, "export async function "+name+"(a: string) {")
			case 1:
				write(depth, "function "+name+"({")
				write(depth+1, "a,")
				write(depth, "}: { a: string }): string | null {")
			case 2:
				write(depth, "const "+name+" = (a: string) => {")
				end = "};"
			default:
				write(depth, "const "+name+" = useCallback(")
				write(depth+1, "async (a) => {")
				write(depth+2, "f(a);")
				write(depth+1, "},")
				write(depth+1, "[a],")
				write(depth, ");")
				return
			}
			for range rapid.IntRange(0, 4).Draw(t, "body") {
				switch rapid.IntRange(0, 5).Draw(t, "statement") {
				case 0:
					if count < 6 {
						function(depth + 1)
					}
				case 1:
					write(depth+1, "if (a) {")
					write(depth+2, "f(a); // as `that` does {")
					write(depth+1, "}")
				case 2:
					write(depth+1, "const t = `")
					text.WriteString("}\n")
					line++
					write(0, "`;")
				case 3:
					write(0, "")
				case 4:
					write(depth+1, "// don't } (")
				default:
					write(depth+1, "for (const b of a) f({ b });")
				}
			}
			write(depth, end)
			want[name] = [2]int{first, line - first + 1}
		}
		for range rapid.IntRange(1, 3).Draw(t, "functions") {
			function(0)
		}
		found := map[string][2]int{}
		for _, one := range scriptFunctions(text.String()) {
			if one.name != "a function" {
				found[one.name] = [2]int{one.first, one.lines}
			}
		}
		require.Equal(t, want, found, text.String())
	})
}
