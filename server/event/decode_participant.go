package event

import (
	"strings"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// participants reads the players of an event that names several.
func (r *reader) participants(into *[]*laurelv1.Participant) *Problem {
	const path = "participants"
	switch r.dec.PeekKind() {
	case 'n':
		return r.skip()
	case '[':
	default:
		return r.wrongKind(path, "a list of participants")
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return notJSON(err)
	}
	var text int64
	for r.dec.PeekKind() != ']' {
		number := len(*into)
		if number == maxParticipants {
			return problemf(path, "must be none, or %d to %d, but are more", minParticipants, maxParticipants)
		}
		if text > maxParticipantsText {
			return problemf(path, "have more than %d bytes of JSON as payloads: at most %d bytes are kept, so send what scoring needs",
				maxParticipantsText, maxDeliveredBytes)
		}
		own := &reader{dec: r.dec, event: &laurelv1.Event{}, form: contract.wholeParticipant}
		if problem := own.participant(participantPath(number)); problem != nil {
			return problem
		}
		text += own.payloadText
		p := own.event
		*into = append(*into, &laurelv1.Participant{User: p.User, Bet: p.Bet, Win: p.Win, Payload: p.Payload})
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return notJSON(err)
	}
	return nil
}

// participant reads one participant into the fields that an event has of him.
func (r *reader) participant(path string) *Problem {
	if r.dec.PeekKind() != '{' {
		return r.wrongKind(path, "an object")
	}
	problem := r.object(&r.form.place)
	if problem == nil || strings.HasPrefix(problem.Field, path) { // what is no JSON is told by its place in the event
		return problem
	}
	return problem.within(path)
}
