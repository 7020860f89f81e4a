package event

import (
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"github.com/laurelhq/laurel/server/word"
)

// zeroWidthNonJoiner and zeroWidthJoiner are part of correct spelling in Persian and in Indic scripts.
const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

// checkText enforces what all short texts have in common: size in bytes, valid UTF-8, printable, no blank at either end. Nothing
// is trimmed, since " EUR" may as well be a sender's defect that hides more.
func checkText(field, text string, most int) *Problem {
	if len(text) > most {
		return problemf(field, "must be at most %d bytes, but has %d", most, len(text))
	}
	if text == "" {
		return nil
	}
	if text[0] == ' ' || text[len(text)-1] == ' ' {
		return problemf(field, "must not start or end with a blank, but is %s", word.Quote(text))
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return checkRunes(field, text)
		}
	}
	return nil
}

func checkRunes(field, text string) *Problem {
	if !utf8.ValidString(text) {
		return problemf(field, "must be valid UTF-8")
	}
	for _, char := range text {
		if !unicode.IsPrint(char) && char != zeroWidthNonJoiner && char != zeroWidthJoiner {
			return problemf(field, "must be printable text, but holds the character %U", char)
		}
	}
	return nil
}

// hasUnknown reports fields that this version of the contract does not have: refused by number, as JSON's unknown keys are by name.
func hasUnknown(message proto.Message) bool {
	return len(message.ProtoReflect().GetUnknown()) > 0
}

func unknownNumber(path string) *Problem {
	return problemf(path, "holds a field number that this version of laurel.v1.Event does not have: whatever else the sender knows belongs "+
		"under payload")
}
