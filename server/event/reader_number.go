package event

import "github.com/laurelhq/laurel/server/word"

// readNumber returns a number as it was written; given is false for null.
func (r *reader) readNumber(at *place, want string) (text string, given bool, problem *Problem) {
	switch r.dec.PeekKind() {
	case 'n':
		return "", false, r.skip()
	case '0':
	case '"':
		return "", false, r.wrongKind(at.path, want+" without quotes")
	default:
		return "", false, r.wrongKind(at.path, want)
	}
	token, err := r.dec.ReadToken()
	if err != nil {
		return "", false, notJSON(err)
	}
	return token.String(), true, nil
}

// readWhole reads a whole number within the field's bounds. 100, 100.0 and 1e2 are the same number; 0.5 and 2^63 are refused.
func (r *reader) readWhole(at *place) (value int64, given bool, problem *Problem) {
	text, given, problem := r.readNumber(at, "a whole number")
	if !given {
		return 0, false, problem
	}
	value, whole, fits := exactInteger(text)
	if f := at.field; !whole || !fits || value < f.low || value > f.high {
		return 0, false, f.outOfBounds(at.path, word.Clip(text, maxQuotedBytes))
	}
	return value, true, nil
}

func (r *reader) readSmall(at *place) (value int32, given bool, problem *Problem) {
	whole, given, problem := r.readWhole(at)
	return int32(whole), given, problem
}

func (r *reader) readDouble(at *place) (value float64, given bool, problem *Problem) {
	text, given, problem := r.readNumber(at, "a number")
	if !given {
		return 0, false, problem
	}
	value, exact := exactDouble(text)
	if f := at.field; !exact || value < float64(f.low) || value > float64(f.high) {
		return 0, false, problemf(at.path, "must be a number from %d to %d that a double holds exactly, but is %s", f.low, f.high,
			word.Clip(text, maxQuotedBytes))
	}
	return value, true, nil
}
