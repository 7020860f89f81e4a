package server_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// flow lists the packages of server/ in the order in which data flows through them. A package may
// import those above it and never one below. A sub-package (board/redis, store/storetest) stands on
// the line of its parent, and its parent may use it.
var flow = []string{
	"word",       // words from outside: cut short, and what was meant
	"zone",       // time zones, the same on every machine
	"money",      // amounts, currencies, exact splits
	"event",      // the event value, schema registry, normaliser
	"journal",    // durable ordered log, partitions, leases, cursors, dead letters
	"archive",    // ranges of the journal as files
	"ingest",     // accepts a batch from any door
	"catalog",    // definitions: parse, check, version, publish
	"mapping",    // rows of files to events: CSV by a mapping, JSON lines, archives
	"fold",       // what stages share: an event on its way, state rows, effects
	"player",     // a player's page: his profile, a section for each later stage
	"rule",       // compiled programs: event to matches with points
	"contest",    // scoring models, standings, life cycle
	"board",      // rank engines
	"mission",    // goals, stages, progress
	"reward",     // tasks, gates, holds, claims
	"ledger",     // double entry, budget pools
	"payout",     // wallet webhooks
	"alarm",      // detectors, staged thresholds, review cases
	"notify",     // chat, mail, web push, inbox
	"realtime",   // channels, coalescing, WebSocket
	"pipeline",   // the program; lanes that read the journal, fold, commit, publish
	"simulate",   // drafts over history
	"identity",   // operators, roles, API keys, player tokens
	"audit",      // hash-chained append-only records
	"telemetry",  // metrics, traces, logs
	"store",      // opens the database, transactions, migrations
	"api",        // Connect handlers and REST doors
	"client",     // reaches a running server from outside
	"load",       // puts a server under load and measures it
	"cmd/laurel", // verbs and wiring: may import everything
}

// exception lets one import point down the flow.
type exception struct {
	from   string // line of the table, or "*" for every line
	to     string // line of the table
	reason string
}

var exceptions = []exception{
	{
		from: "*", to: "store",
		reason: "every stage writes inside the one transaction of a batch, and store owns its type; store itself imports no stage (see leaves)",
	},
}

// leaves are packages that import nothing of server/: what everyone may import must know no one.
var leaves = []string{"word", "money", "store"}

// floatFree lists the packages in which no float may appear: they handle money.
var floatFree = []string{"money", "reward", "ledger", "payout"}

const modulePath = "github.com/laurelhq/laurel"

// TestImportsPointUpTheFlow reads the imports of every file, tests included.
func TestImportsPointUpTheFlow(t *testing.T) {
	t.Parallel()
	judge(t, importsPointUp)
}

func importsPointUp(source *tree) (problems []string, err error) {
	for _, file := range source.goFiles {
		from := lineOf(file.dir)
		if from == "" {
			continue
		}
		fromIndex := slices.Index(flow, from)
		if fromIndex < 0 {
			problems = say(problems, "%s: package server/%s has no line in the table of server/house_test.go; give it one at its place in the flow",
				file.path, from)
			continue
		}
		for _, imported := range file.imports() {
			if problem := judgeImport(from, fromIndex, imported.path); problem != "" {
				problems = say(problems, "%s:%d: %s", file.path, imported.line, problem)
			}
		}
	}
	return problems, nil
}

// TestExceptionsAreUsed keeps the list of exceptions from outliving its reasons.
func TestExceptionsAreUsed(t *testing.T) {
	t.Parallel()
	judge(t, exceptionsAreUsed)
}

func exceptionsAreUsed(source *tree) (problems []string, err error) {
	for _, permitted := range exceptions {
		used := false
		for _, file := range source.goFiles {
			for _, imported := range file.imports() {
				used = used || permitted.covers(lineOf(file.dir), importedLine(imported.path))
			}
		}
		if !used {
			problems = say(problems, "the exception from %s to %s (%s) is not used by any file; remove it", permitted.from, permitted.to,
				permitted.reason)
		}
	}
	return problems, nil
}

// judgeImport says what is wrong with one import, or nothing.
func judgeImport(from string, fromIndex int, imported string) string {
	to := importedLine(imported)
	if to == "" {
		return ""
	}
	if to != from && slices.Contains(leaves, from) {
		return fmt.Sprintf("server/%s imports server/%s, but it must know no other package, since all may import it", from, to)
	}
	toIndex := slices.Index(flow, to)
	if toIndex >= 0 && toIndex <= fromIndex {
		return ""
	}
	for _, permitted := range exceptions {
		if permitted.covers(from, to) {
			return ""
		}
	}
	return fmt.Sprintf("server/%s imports server/%s, which is below it in the flow; declare what it needs as an interface or a function of "+
		"its own and pass it in wire.go", from, to)
}

func (e exception) covers(from, to string) bool {
	return to == e.to && from != to && (e.from == "*" || e.from == from)
}

// importedLine is the line of the table an import path belongs to, or "" for anything outside server/.
func importedLine(importPath string) string {
	dir, inside := strings.CutPrefix(importPath, modulePath+"/")
	if !inside {
		return ""
	}
	return lineOf(dir)
}

// lineOf is the line of the table a folder of the repository belongs to, or "" for anything outside
// server/ and for server/ itself.
func lineOf(dir string) string {
	inside, ok := strings.CutPrefix(dir, "server/")
	if !ok {
		return ""
	}
	if inside == "cmd/laurel" || strings.HasPrefix(inside, "cmd/laurel/") {
		return "cmd/laurel"
	}
	return strings.Split(path.Clean(inside), "/")[0]
}
