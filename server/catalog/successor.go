package catalog

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// earliestEvent is how long before the start events of the contest may arrive: senders' clocks may run five minutes ahead, and ours may
// differ.
const earliestEvent = 6 * time.Minute

// checkSuccessor says why a document may not follow the version before it. Of a version that can't be read only what can be is compared.
func checkSuccessor(before Published, document *Document, now time.Time) []Problem {
	if before.Message == nil {
		return nil
	}
	earlier, later := before.Message, document.Message
	if before.Unread != nil {
		earlier, later = document.kind.readable(earlier, before.Unread.Problems), document.kind.readable(later, before.Unread.Problems)
	}
	var found refusals
	document.kind.succeed(earlier, later, now, found.refuse)
	return document.Place(found)
}

// readable is a definition without the fields that problems are about.
func (k *kind) readable(definition Message, problems []Problem) Message {
	kept := proto.CloneOf(definition)
	for _, problem := range problems {
		path := strings.Split(problem.Field, ".")
		if slices.Contains(k.wholes, path[0]) {
			path = path[:1]
		}
		clearField(kept.ProtoReflect(), path)
	}
	return kept
}

// clearField empties a field; a list of which an item is named, as in days[2].date, is emptied as a whole.
func clearField(m protoreflect.Message, path []string) {
	name, _, item := strings.Cut(path[0], "[")
	field := m.Descriptor().Fields().ByName(protoreflect.Name(name))
	switch {
	case field == nil: // nobody knows it
	case len(path) > 1 && !item && field.Message() != nil && m.Has(field):
		clearField(m.Mutable(field).Message(), path[1:])
	default:
		m.Clear(field)
	}
}

// succeedContest keeps what players have played by: once the contest has started what makes scores and their order is fixed, and once it
// has ended everything but the title is. After a window that can't be read nobody knows whether it has: what can be read is kept, and the
// window stays that of the contest's row, see package contest.
func succeedContest(before, after *laurelv1.Contest, now time.Time, refuse refuse) {
	startBefore, endBefore, _, _, err := ParseWindow(before.GetWindow())
	if err != nil {
		keep := keeping("can't change in the version that follows one whose window can't be read", refuse)
		keepScores(before, after, keep)
		keepTerms(before, after, keep)
		return
	}
	if now.Before(startBefore.Add(-earliestEvent)) {
		return
	}
	startAfter, endAfter, _, _, err := ParseWindow(after.GetWindow())
	if err != nil {
		return // the document was checked
	}
	since := fmt.Sprintf("can't change since the contest started at %s", startBefore.Format(time.RFC3339))
	if now.Before(startBefore) {
		since = fmt.Sprintf("can't change any more: the contest starts at %s and takes events from minutes before",
			startBefore.Format(time.RFC3339))
	}
	ended := !now.Before(endBefore)
	if ended {
		since = fmt.Sprintf("can't change since the contest ended at %s", endBefore.Format(time.RFC3339))
	}
	keep := keeping(since, refuse)
	keepScores(before, after, keep)
	keep("window.start", startBefore.Equal(startAfter))
	if ended {
		keep("window", same(before.GetWindow(), after.GetWindow()))
		keepTerms(before, after, keep)
	} else if endAfter.Before(now) && !endAfter.Equal(endBefore) {
		refuse("window.end", "is in the past (it is %s) and the contest is running; rounds after it have counted already. Write an end that "+
			"is to come",
			now.UTC().Format(time.RFC3339))
	}
}

// keeping refuses fields that are not the same, for a reason.
func keeping(since string, refuse refuse) func(field string, same bool) {
	return func(field string, same bool) {
		if !same {
			refuse(field, "%s; keep it as published, or publish a new contest with another id", since)
		}
	}
}

// keepScores keeps what makes scores and their order.
func keepScores(before, after *laurelv1.Contest, keep func(field string, same bool)) {
	keep("scoring", same(before.GetScoring(), after.GetScoring()))
	keep("leaderboard", same(before.GetLeaderboard(), after.GetLeaderboard()))
}

// keepTerms keeps who takes part, which rounds do not count, and what is won.
func keepTerms(before, after *laurelv1.Contest, keep func(field string, same bool)) {
	keep("scope", same(before.GetScope(), after.GetScope()))
	keep("anti_abuse", same(before.GetAntiAbuse(), after.GetAntiAbuse()))
	keep("prizes", same(before.GetPrizes(), after.GetPrizes()))
}

// titleOnly reports whether nothing but the title of two versions differs.
func titleOnly(before, after Message) bool {
	untitled := proto.CloneOf(before)
	field := untitled.ProtoReflect().Descriptor().Fields().ByName("title")
	untitled.ProtoReflect().Set(field, protoreflect.ValueOfString(after.GetTitle()))
	return same(untitled, after)
}

// same compares parts of definitions; a part that is missing equals an empty one.
func same[M proto.Message](a, b M) bool {
	encodedA, errA := proto.MarshalOptions{Deterministic: true}.Marshal(a)
	encodedB, errB := proto.MarshalOptions{Deterministic: true}.Marshal(b)
	return errA == nil && errB == nil && string(encodedA) == string(encodedB)
}
