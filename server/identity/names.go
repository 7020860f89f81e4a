package identity

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/laurelhq/laurel/server/word"
)

const (
	// maxNameRunes bounds a public name.
	maxNameRunes = 40
	// maxMarks bounds accents stacked on one letter.
	maxMarks = 3

	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

// Names returns what strangers see of the players, in the order of userIDs. A name changed by another process shows within ten seconds.
func (s *Service) Names(ctx context.Context, userIDs []string) ([]PublicName, error) {
	names := make([]PublicName, len(userIDs))
	now := s.now()
	var missing []string
	var places []int
	for place, userID := range userIDs {
		if cached, ok := s.names.GetIfPresent(userID); ok && now.Sub(cached.at) < namesFresh {
			names[place] = cached.value
			continue
		}
		missing, places = append(missing, userID), append(places, place)
	}
	if len(missing) == 0 {
		return names, nil
	}
	agreed, err := s.records.publicNames(ctx, missing)
	if err != nil {
		return nil, err
	}
	for i, userID := range missing {
		name := pseudonym(s.pseudonym, userID)
		if chosen, ok := agreed[userID]; ok {
			name.Name = chosen
		}
		names[places[i]] = name
		s.names.Set(userID, seen[PublicName]{name, now})
	}
	return names, nil
}

// PlayerKey is the opaque key under which strangers tell the player apart.
func (s *Service) PlayerKey(userID string) string { return pseudonym(s.pseudonym, userID).Key }

// SetPublicName sets the name others see, once the player agreed to it; empty goes back to the pseudonym. It returns what
// others see now. InvalidError names what is wrong.
func (s *Service) SetPublicName(ctx context.Context, userID, name string) (PublicName, error) {
	if err := checkUserID(userID); err != nil {
		return PublicName{}, err
	}
	name, err := cleanName(name)
	if err != nil {
		return PublicName{}, err
	}
	if err := s.records.setPublicName(ctx, userID, name); err != nil {
		return PublicName{}, err
	}
	s.names.Invalidate(userID)
	shown, err := s.Names(ctx, []string{userID})
	if err != nil {
		return PublicName{}, err
	}
	return shown[0], nil
}

// cleanName normalises a public name and refuses what could disturb the lines around it. Joiners between letters stay: Persian is not spelt
// without them.
func cleanName(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", invalid("public_name", "must be UTF-8 text")
	}
	name = norm.NFC.String(strings.TrimSpace(name))
	if name == "" {
		return "", nil
	}
	if utf8.RuneCountInString(name) > maxNameRunes {
		return "", invalid("public_name", "must have at most %d characters", maxNameRunes)
	}
	if problem := word.NameProblem(name); problem != "" {
		return "", invalid("public_name", "%s", problem)
	}
	marks, solid := 0, false
	var before rune
	for _, r := range name {
		joiner := r == zeroWidthNonJoiner || r == zeroWidthJoiner
		switch {
		case joiner && (before == 0 || before == zeroWidthJoiner || before == zeroWidthNonJoiner || before == ' '):
			return "", invalid("public_name", "has a joiner (U+%04X) that joins nothing", r)
		case !joiner && !unicode.IsPrint(r):
			return "", invalid("public_name", "has U+%04X, which is no printable character; use printable characters and single spaces", r)
		case r == ' ' && before == ' ':
			return "", invalid("public_name", "has several spaces in a row; use single spaces")
		}
		if unicode.Is(unicode.Mn, r) {
			marks++
		} else {
			marks = 0
		}
		if marks > maxMarks {
			return "", invalid("public_name", "stacks more than %d accents on one letter", maxMarks)
		}
		solid = solid || unicode.IsLetter(r) || unicode.IsNumber(r)
		before = r
	}
	if !solid {
		return "", invalid("public_name", "must have a letter or a digit")
	}
	return name, nil
}
