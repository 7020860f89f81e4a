package event

import (
	"cmp"
	"maps"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/money"
)

const (
	// minParticipants and maxParticipants bound the players of an event that names several.
	minParticipants, maxParticipants = 2, 64
	// maxDeliveredBytes bounds the payloads of all events that one event becomes: an event's own payload comes to each of its players.
	maxDeliveredBytes = 4 * maxPayloadBytes
	// maxParticipantsText bounds the JSON that participants' payloads are read from; the last one may go beyond it by maxPayloadText.
	maxParticipantsText = 4 * maxDeliveredBytes
)

// Deliver returns a normalised event as participant i gets it: as his own, with his user, with his bet and win where he has one, and with
// his payload's fields in the place of the event's that have the same name. The device stays with the event's own player, ingest_ts stays
// behind. The id is natural, so that delivering again gives a duplicate. Only read what the result shares with e, which is everything but
// the user. The depth is one more than that of e and may be above MaxDepth: then the event must not be appended. It panics when there is no
// participant i.
func Deliver(e *laurelv1.Event, i int) *laurelv1.Event {
	p := e.Participants[i]
	own := &laurelv1.Event{
		EventId: EmittedID(e, "", p.User.Id), Source: SourceLaurel, Origin: &laurelv1.Origin{EventId: e.EventId, Source: e.Source,
			Depth: e.GetOrigin().GetDepth() + 1},
		User: proto.CloneOf(p.User), Bet: cmp.Or(p.Bet, e.Bet), Win: cmp.Or(p.Win, e.Win), Payload: overlay(e.Payload, p.Payload),
	}
	for _, f := range contract.shared {
		f.share(own, e)
	}
	if p.User.Id == e.GetUser().GetId() {
		own.Device = e.Device
	}
	return own
}

// overlay returns the fields of both; those of over win.
func overlay(under, over *structpb.Struct) *structpb.Struct {
	if under == nil || over == nil {
		return cmp.Or(under, over)
	}
	both := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(under.Fields)+len(over.Fields))}
	maps.Copy(both.Fields, under.Fields)
	maps.Copy(both.Fields, over.Fields)
	return both
}

// normaliseParticipants checks the players of an event that names several; what they have in common with an event has the same bounds.
func normaliseParticipants(e *laurelv1.Event, currencies *money.Currencies) *Problem {
	count := len(e.Participants)
	if count == 0 {
		return nil
	}
	if count < minParticipants || count > maxParticipants {
		return problemf("participants", "must be none, or %d to %d, but there are %d", minParticipants, maxParticipants, count)
	}
	places := make(map[string]int, count)
	for i, p := range e.Participants {
		if problem := normaliseParticipant(p, e.Bet, currencies); problem != nil {
			return problem.within(participantPath(i))
		}
		if before, twice := places[p.User.Id]; twice {
			return problemf(participantPath(i)+".user.id", "is that of %s too: a player may take part once", participantPath(before))
		}
		places[p.User.Id] = i
	}
	return nil
}

// normaliseParticipant checks one player; his win without currency takes that of his bet or else that of the event's.
func normaliseParticipant(p *laurelv1.Participant, stake *laurelv1.Bet, currencies *money.Currencies) *Problem {
	own := &laurelv1.Event{User: p.GetUser(), Bet: p.GetBet(), Win: p.GetWin(), Payload: p.GetPayload()}
	if problem := checkFields(own, contract.participant); problem != nil {
		return problem
	}
	if p != nil && hasUnknown(p) {
		return unknownNumber("")
	}
	return normaliseOwn(own, cmp.Or(own.Bet, stake), currencies)
}

// checkDelivered holds an event that names several players against the schema as each of them gets it, and bounds what it becomes.
func (m *major) checkDelivered(e *laurelv1.Event, currencies *money.Currencies) *Problem {
	total := 0
	for i := range e.Participants {
		own := Deliver(e, i)
		size := proto.Size(own.Payload)
		if size > maxPayloadBytes {
			return problemf(participantPath(i)+".payload", "must be, together with the event's payload, at most %d bytes when encoded, but has %d",
				maxPayloadBytes, size)
		}
		if total += size; total > maxDeliveredBytes {
			return problemf("participants", "must have payloads of at most %d bytes together when encoded, each with the event's payload, but "+
				"have more", maxDeliveredBytes)
		}
		own.Participants = e.Participants // a schema may ask for them
		if problem := m.check(own, currencies); problem != nil {
			if ofTheEvent(e, i, problem.Field) {
				return problem
			}
			return problem.within(participantPath(i))
		}
	}
	return nil
}

// ofTheEvent tells that a field of what participant i gets can only come from the event: he has none of the kind, or it is the event's
// payload that has it.
func ofTheEvent(e *laurelv1.Event, i int, field string) bool {
	keys, under := payloadKeys(field)
	if !under {
		return contract.wholeParticipant.members[top(field)] == nil
	}
	return e.Participants[i].GetPayload().GetFields()[keys[0]] == nil && e.Payload.GetFields()[keys[0]] != nil
}

func participantPath(i int) string { return "participants[" + strconv.Itoa(i) + "]" }
