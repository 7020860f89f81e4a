package event

import (
	"strings"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// participantFields are the paths a participant has. They mean what they mean of an event.
var participantFields = []string{
	"user_id", "user", "bet", "win", "payload",
	"user.id", "user.geo", "user.platform", "user.payer", "user.payer_flag", "user.kyc_level", "user.risk_flags",
	"bet.amount_minor", "bet.currency",
	"win.amount_minor", "win.currency", "win.multiplier",
}

// participants reads the players of an event that names several.
func (r *reader) participants() *Problem {
	const path = "participants"
	switch r.dec.PeekKind() {
	case 'n':
		return r.skip(path)
	case '[':
	default:
		return r.wrongKind(path, "a list of participants")
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return notJSON(err)
	}
	var text int64
	for r.dec.PeekKind() != ']' {
		number := len(r.event.Participants)
		if number == maxParticipants {
			return problemf(path, "must be none, or %d to %d, but are more", minParticipants, maxParticipants)
		}
		if text > maxParticipantsText {
			return problemf(path, "have more than %d bytes of JSON as payloads: at most %d bytes are kept, so send what scoring needs", maxParticipantsText, maxDeliveredBytes)
		}
		own := &reader{dec: r.dec, event: &laurelv1.Event{}, fields: participantFields, of: "a participant"}
		if problem := own.participant(participantPath(number)); problem != nil {
			return problem
		}
		text += own.payloadText
		p := own.event
		r.event.Participants = append(r.event.Participants, &laurelv1.Participant{User: p.User, Bet: p.Bet, Win: p.Win, Payload: p.Payload})
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
	problem := r.object("", func(name string) *Problem {
		switch name {
		case "user_id", "user", "bet", "win", "payload":
			return r.member(name)
		}
		return r.unknown("", name)
	})
	if problem == nil || strings.HasPrefix(problem.Field, path) { // what is no JSON is told by its place in the event
		return problem
	}
	return problem.within(path)
}
