package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/laurelhq/laurel/server/word"
)

// MaxProblems bounds how many problems of one document are told at once.
const MaxProblems = 100

const (
	maxProblemFieldBytes   = 256
	maxProblemMessageBytes = 2048
)

// ErrNotFound says that no such definition, or no such version of it, was published.
var ErrNotFound = errors.New("definition not found")

// ErrBusy means that others took each version number that a publication tried.
var ErrBusy = errors.New("others publish it at this moment; look at the newest version and try again")

// Problem is one thing wrong with a document.
type Problem struct {
	// File is the name the document was parsed under; empty for a document that came by an API.
	File string
	// Line counts from 1; 0 when the problem is about the whole document. In a Problem made by a Check it counts within the
	// value of Field, and Document.Place turns it into a line of the document.
	Line int
	// Column counts characters from 1; 0 when unknown. In a Problem made by a Check it counts within the line of the value.
	Column int
	// Field is the path of the field, such as scoring.formula; empty when the problem is about no single field.
	Field string
	// Message says what is wrong and what would be right, without the field.
	Message string
}

// String returns the problem in one line: file:line:column: field: message, leaving out what is unknown.
func (p Problem) String() string {
	var text strings.Builder
	text.WriteString(p.File)
	if p.Line > 0 {
		if p.File == "" {
			text.WriteString("line ")
		} else {
			text.WriteByte(':')
		}
		fmt.Fprint(&text, p.Line)
		if p.Column > 0 {
			fmt.Fprintf(&text, ":%d", p.Column)
		}
	}
	if text.Len() > 0 {
		text.WriteString(": ")
	}
	if p.Field != "" {
		text.WriteString(p.Field + ": ")
	}
	text.WriteString(p.Message)
	return text.String()
}

// Invalid is the error of a document that does not check.
type Invalid struct {
	// Problems has at least one element and at most MaxProblems.
	Problems []Problem
}

// Error returns every problem on a line of its own.
func (e *Invalid) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, problem := range e.Problems {
		lines = append(lines, problem.String())
	}
	return "invalid definition:\n" + strings.Join(lines, "\n")
}

// Unread is a published version that this version of Laurel can't read: an earlier or a later one accepted what this one does not know.
type Unread struct {
	// Kind, ID and Version name it.
	Kind, ID string
	Version  int
	// Problems say why, at least one.
	Problems []Problem
}

// maxReasonBytes bounds a reason, as the contracts do.
const maxReasonBytes = 1024

// Reason says in one line why it can't be read.
func (e *Unread) Reason() string {
	reason := e.Problems[0].String()
	if more := len(e.Problems) - 1; more > 0 {
		reason = fmt.Sprintf("%s (and %d more)", word.Clip(reason, maxReasonBytes-32), more)
	}
	return word.Clip(reason, maxReasonBytes)
}

// hides reports whether a problem lies in one of the fields, or in the document as a whole.
func (e *Unread) hides(fields ...string) bool {
	return slices.ContainsFunc(e.Problems, func(p Problem) bool {
		top, _, _ := strings.Cut(p.Field, ".")
		return top == "" || slices.Contains(fields, top)
	})
}

// Error names the version, says why, and what to do.
func (e *Unread) Error() string {
	return fmt.Sprintf("this version of Laurel can't read %s %s version %d: %s; publish a version that it can", e.Kind, e.ID, e.Version,
		e.Reason())
}

// Conflict is the error of a change that does not fit what is published: somebody else published meanwhile.
type Conflict struct {
	// Kind and ID name the definition.
	Kind, ID string
	// Base is the version the author started from.
	Base int
	// Newest is the version that is published; 0 when there is none.
	Newest int
}

// Error says which version the author has to look at.
func (e *Conflict) Error() string {
	if e.Newest == 0 {
		return fmt.Sprintf("%s %s was never published, so it has no version %d to change; publish it with base version 0", e.Kind, e.ID, e.Base)
	}
	return fmt.Sprintf("%s %s is at version %d, not %d: read the newest version, put the change on top of it and publish with base version %d",
		e.Kind, e.ID, e.Newest, e.Base, e.Newest)
}

// tidy orders problems by place, drops repeats and keeps them within their bounds.
func tidy(problems []Problem) []Problem {
	for i := range problems {
		problems[i].Field = word.Clip(problems[i].Field, maxProblemFieldBytes)
		problems[i].Message = word.Clip(problems[i].Message, maxProblemMessageBytes)
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	problems = slices.Compact(problems)
	return problems[:min(len(problems), MaxProblems)]
}
