package catalog

import (
	"google.golang.org/protobuf/proto"

	"github.com/laurelhq/laurel/server/word"
)

// WarningBegins begins a note that asks for a second look.
const WarningBegins = "Warning: "

// Step is the compile step of a kind. The package that knows what definitions of the kind mean hands it in, because imports point up the
// flow.
type Step struct {
	// Kind is the kind's name.
	Kind string
	// Check finds problems that only compiling shows, such as those of formulas. Line and Column of its problems count within the value of
	// Field. It is given definitions with other problems too and must not panic on them.
	Check func(definition Message) []Problem
	// Notes says in plain English what compiling shows of a definition without problems, beside a vocabulary; nil says nothing. See
	// WarningBegins.
	Notes func(definition Message, known *Vocabulary) []string
	// Complete adds to the plan of a definition what compiling shows; nil adds nothing.
	Complete func(definition Message, plan proto.Message)
}

// RunSteps adds to the problems that Parse found what does not fit the vocabulary, names that can't be shown, and what the steps of the
// document's kind find, leaving out fields that have a problem already.
func RunSteps(document *Document, problems []Problem, known *Vocabulary, steps ...Step) []Problem {
	if document == nil || document.Message == nil {
		return problems
	}
	var unfit refusals
	document.kind.fit(document.Message, known, unfit.refuse)
	fitName("title", document.Message.GetTitle(), unfit.refuse)
	for _, step := range steps {
		if step.Kind == document.Kind {
			unfit = append(unfit, step.Check(document.Message)...)
		}
	}
	found := problems
	for _, problem := range document.Place(unfit) {
		if !covered(problem.Field, problems) {
			found = append(found, problem)
		}
	}
	return tidy(found)
}

// fitName refuses a name that can't be shown as it is. Documents that were published before this was asked are read as ever.
func fitName(field, name string, refuse refuse) {
	if problem := word.NameProblem(name); problem != "" {
		refuse(field, "%s", problem)
	}
}

// notes is what the steps say of a document without problems, a line each.
func notes(document *Document, known *Vocabulary, steps []Step) []string {
	var notes []string
	for _, step := range steps {
		if document != nil && document.Message != nil && step.Kind == document.Kind && step.Notes != nil {
			notes = append(notes, step.Notes(document.Message, known)...)
		}
	}
	return notes
}
