package catalog

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// earliestEvent is how long before the start events of the contest may arrive: senders' clocks may run five minutes ahead, and ours may
// differ.
const earliestEvent = 6 * time.Minute

// checkSuccessor says why a document may not follow the version before it.
func checkSuccessor(before Message, document *Document, now time.Time) []Problem {
	var found refusals
	document.kind.succeed(before, document.Message, now, found.refuse)
	return document.Place(found)
}

// succeedContest keeps what players have played by: once the contest has started what makes scores and their order is fixed, and once it
// has ended everything but the title is.
func succeedContest(before, after *laurelv1.Contest, now time.Time, refuse refuse) {
	startBefore, endBefore, _, _, err := ParseWindow(before.GetWindow())
	if err != nil || now.Before(startBefore.Add(-earliestEvent)) {
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
	keep := func(field string, same bool) {
		if !same {
			refuse(field, "%s; keep it as published, or publish a new contest with another id", since)
		}
	}
	keep("scoring", same(before.GetScoring(), after.GetScoring()))
	keep("leaderboard", same(before.GetLeaderboard(), after.GetLeaderboard()))
	keep("window.start", startBefore.Equal(startAfter))
	if ended {
		keep("window", same(before.GetWindow(), after.GetWindow()))
		keep("scope", same(before.GetScope(), after.GetScope()))
		keep("anti_abuse", same(before.GetAntiAbuse(), after.GetAntiAbuse()))
		keep("prizes", same(before.GetPrizes(), after.GetPrizes()))
	} else if endAfter.Before(now) && !endAfter.Equal(endBefore) {
		refuse("window.end", "is in the past (it is %s) and the contest is running; rounds after it have counted already. Write an end that "+
			"is to come",
			now.UTC().Format(time.RFC3339))
	}
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
