package event

import (
	"strconv"
	"strings"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// checkFields holds fields of an event, and what lies in them, against the bounds of the contract.
func checkFields(e *laurelv1.Event, fields []*Field) *Problem {
	for _, f := range fields {
		if f.holds == nil {
			if problem := f.check(e); problem != nil {
				return problem
			}
			continue
		}
		message := f.holds.of(e, false)
		if message == nil {
			continue
		}
		if hasUnknown(message) {
			return unknownNumber(f.Path)
		}
		if problem := checkFields(e, f.bounded); problem != nil {
			return problem
		}
	}
	return nil
}

// check holds one field, of an event that has the message it lies in, against its bounds.
func (f *Field) check(e *laurelv1.Event) *Problem {
	at := f.at(e)
	if text, is := at.(*string); is { // the most by far
		if len(*text) < f.least {
			return f.lacks()
		}
		return checkText(f.Path, *text, f.longest)
	}
	switch value := at.(type) {
	case *[]string:
		return f.checkTexts(*value)
	case *int64:
		return f.checkWhole(*value)
	case **int32:
		if *value != nil {
			return f.checkWhole(int64(**value))
		}
	case **int64:
		if *value != nil {
			return f.checkWhole(**value)
		}
	case **float64:
		if *value != nil && !(**value >= float64(f.low) && **value <= float64(f.high)) {
			return problemf(f.Path, "must be a number from %d to %d, but is %v", f.low, f.high, **value)
		}
	}
	return nil
}

func (f *Field) checkTexts(texts []string) *Problem {
	if len(texts) > f.Size {
		return problemf(f.Path, "must hold at most %d, but has %d", f.Size, len(texts))
	}
	for i, text := range texts {
		if problem := checkText(f.Path, text, f.longest); problem != nil {
			problem.Field += "[" + strconv.Itoa(i) + "]"
			return problem
		}
	}
	return nil
}

func (f *Field) checkWhole(value int64) *Problem {
	if value < f.low || value > f.high {
		return f.outOfBounds(f.Path, strconv.FormatInt(value, 10))
	}
	return nil
}

func (f *Field) outOfBounds(path, value string) *Problem {
	return problemf(path, "must be a whole number from %d to %d, but is %s", f.low, f.high, value)
}

// lacks says that an event must have a text that it has not, and how it may be sent.
func (f *Field) lacks() *Problem {
	or := ""
	if len(f.also) > 0 {
		or = " (or " + strings.Join(f.also, ", ") + ")"
	}
	return problemf(f.Path, "is required%s: %d to %d bytes", or, f.least, f.longest)
}
