package server_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// scriptFunction is a function of a TypeScript file.
type scriptFunction struct {
	name string
	// first is the line of its name, or of its arrow when it has none; lines counts from there to the end of its body.
	first, lines int
}

var (
	namedFunction = regexp.MustCompile(`\bfunction\b\s*\*?\s*([\w$]*)\s*[(<]`)
	namedArrow    = regexp.MustCompile(`(?:\b(?:const|let)\s+)?([\w$#]+)(?:\s*[:=][^=>].*|\s*)[=(,]\s*(?:async\s*)?(?:\(|[\w$]+\s*=>)`)
	method        = regexp.MustCompile(
		`^\s*(?:(?:public|private|protected|static|override|readonly|async|get|set)\s+)*\*?([\w$#]+)\s*(?:<[^(]*>)?\(`)
	notMethods     = []string{"if", "for", "while", "switch", "catch", "return", "function", "await", "super", "throw", "new"}
	openingArrow   = regexp.MustCompile(`=>(\s*[({\[]{1,2})?$`)
	openingBody    = regexp.MustCompile(`\)(\s*:\s*[^={]+(\{[^{}]*\}[^={]*)?)?\s*\{$`)
	signatureClose = regexp.MustCompile(`^[)}\]]`)
)

// scriptFunctions finds the functions of a TypeScript file by its layout, which the formatter guarantees (make check refuses any other): a
// body ends at the first line that is indented no deeper than the function's first one.
func scriptFunctions(source string) []scriptFunction {
	lines := scriptLines(source)
	var found []scriptFunction
	for i, line := range lines {
		if line.text == "" {
			continue
		}
		arrow, body := openingArrow.MatchString(line.text), openingBody.MatchString(line.text)
		if !arrow && !body {
			continue
		}
		first := i
		for signatureClose.MatchString(lines[first].text) { // the parameters have lines of their own
			if first = before(lines, first); first < 0 {
				break
			}
		}
		if first < 0 {
			continue
		}
		name, ok := scriptName(lines[first].text, arrow)
		if !ok {
			continue
		}
		if last := after(lines, i); last > 0 {
			found = append(found, scriptFunction{name: name, first: first + 1, lines: last - first + 1})
		}
	}
	return found
}

// scriptName is what the first line of a function calls it; ok is false when the line begins something else.
func scriptName(line string, arrow bool) (name string, ok bool) {
	if match := namedFunction.FindStringSubmatch(line); match != nil {
		return orArrow(match[1]), true
	}
	if arrow {
		if match := namedArrow.FindStringSubmatch(line); match != nil {
			return orArrow(match[1]), true
		}
		return "a function", true
	}
	match := method.FindStringSubmatch(line)
	if match == nil || slices.Contains(notMethods, match[1]) {
		return "", false
	}
	return match[1], true
}

func orArrow(name string) string {
	if name == "" {
		return "a function"
	}
	return name
}

// before is the line that opened what the given line closes: the nearest above that is indented alike; -1 when there is none.
func before(lines []scriptLine, at int) int {
	for i := at - 1; i >= 0; i-- {
		if lines[i].text != "" && lines[i].indent <= lines[at].indent {
			return i
		}
	}
	return -1
}

// after is the line that ends a body that the given line opens; -1 when there is none.
func after(lines []scriptLine, at int) int {
	last := at
	for i := at + 1; i < len(lines); i++ {
		switch {
		case lines[i].text == "":
		case lines[i].indent > lines[at].indent:
			last = i
		case signatureClose.MatchString(lines[i].text):
			return i
		default:
			return last
		}
	}
	return last
}

// scriptLine is a line as the layout shows it: without what stands in comments and in texts of several lines.
type scriptLine struct {
	indent int
	text   string
}

// scriptLines cuts a file into lines. Lines that begin inside a template or a comment are empty.
func scriptLines(source string) []scriptLine {
	all := strings.Split(source, "\n")
	lines := make([]scriptLine, len(all))
	template, comment := false, false
	for i, raw := range all {
		text := strings.TrimSpace(raw)
		if comment {
			comment = !strings.Contains(text, "*/")
			continue
		}
		if strings.HasPrefix(text, "/*") {
			comment = !strings.Contains(text, "*/")
			continue
		}
		if strings.HasPrefix(text, "//") {
			continue
		}
		began := template
		if strings.Count(strings.ReplaceAll(text, "\\`", ""), "`")%2 == 1 {
			template = !template
		}
		if !began {
			lines[i] = scriptLine{indent: len(raw) - len(strings.TrimLeft(raw, " \t")), text: withoutRemark(text)}
		}
	}
	return lines
}

// withoutRemark drops a comment at the end of a line.
func withoutRemark(line string) string {
	if at := strings.LastIndex(line, " // "); at >= 0 {
		return strings.TrimSpace(line[:at])
	}
	return line
}

// generatedScript reports whether a file of the front end is written by a tool.
func generatedScript(name string) bool {
	return strings.Contains(name, ".gen.") || strings.Contains(name, "/locales/")
}

// testScript reports whether a file of the front end exists for tests only.
func testScript(name string) bool {
	base := path.Base(name)
	if strings.Contains(base, ".test.") || strings.Contains(base, ".spec.") {
		return true
	}
	folders := strings.Split(path.Dir(name), "/")
	return slices.ContainsFunc(folders, func(folder string) bool { return slices.Contains([]string{"test", "tests", "e2e"}, folder) })
}
