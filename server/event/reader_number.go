package event

import "github.com/laurelhq/laurel/server/word"

// readNumber returns a number as it was written; given is false for null.
func (r *reader) readNumber(path, want string) (text string, given bool, problem *Problem) {
	switch r.dec.PeekKind() {
	case 'n':
		return "", false, r.skip(path)
	case '0':
	case '"':
		return "", false, r.wrongKind(path, want+" without quotes")
	default:
		return "", false, r.wrongKind(path, want)
	}
	token, err := r.dec.ReadToken()
	if err != nil {
		return "", false, notJSON(err)
	}
	return token.String(), true, nil
}

// integer reads a whole number from 0 to limit. 100, 100.0 and 1e2 are the same number; 0.5 and 2^63 are refused.
func (r *reader) integer(path string, limit int64, into *int64) *Problem {
	text, given, problem := r.readNumber(path, "a whole number")
	if !given {
		return problem
	}
	value, whole, fits := exactInteger(text)
	if !whole || !fits || value < 0 || value > limit {
		return problemf(path, "must be a whole number from 0 to %d, but is %s", limit, word.Clip(text, maxQuotedBytes))
	}
	*into = value
	return nil
}

func (r *reader) kycLevel(path string) *Problem {
	level := int64(-1)
	if problem := r.integer(path, maxKYCLevel, &level); problem != nil || level < 0 {
		return problem
	}
	small := int32(level)
	r.user().KycLevel = &small
	return nil
}

func (r *reader) duration(path string) *Problem {
	millis := int64(-1)
	if problem := r.integer(path, maxDurationMs, &millis); problem != nil || millis < 0 {
		return problem
	}
	r.event.Round.DurationMs = &millis
	return nil
}

func (r *reader) multiplier(path string) *Problem {
	text, given, problem := r.readNumber(path, "a number")
	if !given {
		return problem
	}
	value, exact := exactDouble(text)
	if !exact || value < 0 || value > maxMultiplier {
		return problemf(path, "must be a number from 0 to %d that a double holds exactly, but is %s", maxMultiplier, word.Clip(text, maxQuotedBytes))
	}
	r.event.Win.Multiplier = &value
	return nil
}
