package event

import (
	"fmt"

	"github.com/laurelhq/laurel/server/word"
)

const (
	maxFieldBytes   = 256
	maxMessageBytes = 1700
	maxQuotedBytes  = 64
)

// Problem says why one event, or a whole body, is refused.
type Problem struct {
	// Field is the path the problem is about, such as bet.amount_minor; empty when it is about the body itself. At most 256 bytes of valid
	// UTF-8.
	Field string
	// Message says what would be right, without the field; at most 1700 bytes of valid UTF-8.
	Message string
}

// Error returns field and message in one line.
func (p *Problem) Error() string {
	if p.Field == "" {
		return p.Message
	}
	return p.Field + " " + p.Message
}

// problemf builds a Problem and keeps it within its bounds, since field names and values come from outside.
func problemf(field, format string, args ...any) *Problem {
	return &Problem{Field: word.Clip(field, maxFieldBytes), Message: word.Clip(fmt.Sprintf(format, args...), maxMessageBytes)}
}

// setByLaurel refuses a field that no sender may set.
func setByLaurel(field string) *Problem {
	return problemf(field, "is set by Laurel: leave it out")
}

// within puts what the problem's field lies in before it.
func (p *Problem) within(path string) *Problem {
	if p.Field != "" {
		path += "." + p.Field
	}
	return &Problem{Field: word.Clip(path, maxFieldBytes), Message: p.Message}
}
