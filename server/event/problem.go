package event

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	maxFieldBytes   = 256
	maxMessageBytes = 1700
	maxQuotedBytes  = 64
)

// Problem says why one event, or a whole body, is refused.
type Problem struct {
	// Field is the path the problem is about, such as bet.amount_minor; empty when it is about the body itself. At most 256 bytes of valid UTF-8.
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
	return &Problem{Field: clip(field, maxFieldBytes), Message: clip(fmt.Sprintf(format, args...), maxMessageBytes)}
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
	return &Problem{Field: clip(path, maxFieldBytes), Message: p.Message}
}

// clip makes text valid UTF-8 of at most limit bytes; what was cut is marked by an ellipsis.
func clip(text string, limit int) string {
	cut := len(text) > limit
	if cut {
		end := limit - len("…")
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	text = strings.ToValidUTF8(text, "?")
	if cut {
		text += "…"
	}
	return text
}

// quoted shows a value from outside within quotes, short and printable.
func quoted(value string) string {
	return fmt.Sprintf("%q", clip(value, maxQuotedBytes))
}
