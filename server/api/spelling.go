package api

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// spellings are the names under which the REST door takes a field that the contract calls otherwise, the one that it documents first.
var spellings = map[string][]string{
	"name":              {"event_name", "name"},
	"event_ts":          {"ts", "event_ts"},
	"schema_version":    {"version", "schema_version"},
	"user.id":           {"user_id", "user.id"},
	"session_id":        {"session_id", "context.session_id"},
	"device.ip":         {"device.ip", "context.ip"},
	"device.user_agent": {"device.user_agent", "context.user_agent"},
}

// nameAsSent gives the fields of refused events the names that their sender gave them. Ingest knows them by those of the contract only.
func nameAsSent(body []byte, single bool, results []eventResult) {
	var sent []json.RawMessage
	for i := range results {
		if !results[i].contract || results[i].Status != statusRejected {
			continue
		}
		if _, path := whoseField(results[i].Field); spellings[path] == nil {
			continue
		}
		if sent == nil {
			if sent = eventsOf(body, single); len(sent) != len(results) {
				return
			}
		}
		results[i].Field, results[i].Reason = FieldAsSent(sent[i], results[i].Field, results[i].Reason)
	}
}

// FieldAsSent gives a field of a refused event, and the reason why it is refused, the name that the event has for it. The field is one of
// the contract, the event is JSON.
func FieldAsSent(sent []byte, field, reason string) (name, why string) {
	whose, path := whoseField(field)
	names, several := spellings[path]
	if !several {
		return field, reason
	}
	path, reason = spelled(partOf(sent, whose), names, reason)
	return whose + path, reason
}

// participantField is a field of one of the players that an event names.
var participantField = regexp.MustCompile(`^(participants\[(\d+)\]\.)(.+)$`)

// whoseField parts participants[1].user.id into participants[1]. and user.id. A field of the event itself is nobody's.
func whoseField(field string) (whose, path string) {
	if parts := participantField.FindStringSubmatch(field); parts != nil {
		return parts[1], parts[3]
	}
	return "", field
}

// partOf is what an event says of one of its players, or the event itself.
func partOf(sent json.RawMessage, whose string) json.RawMessage {
	if whose == "" {
		return sent
	}
	var event struct {
		Participants []json.RawMessage `json:"participants"`
	}
	number, err := strconv.Atoi(whose[len("participants[") : len(whose)-len("].")])
	if err != nil || json.Unmarshal(sent, &event) != nil || number >= len(event.Participants) {
		return nil
	}
	return event.Participants[number]
}

// eventsOf takes apart a body that was read before; what the reader let pass and this does not gives nothing.
func eventsOf(body []byte, single bool) (events []json.RawMessage) {
	if single {
		return []json.RawMessage{body}
	}
	var batch map[string]json.RawMessage
	if json.Unmarshal(body, &batch) != nil || json.Unmarshal(batch["events"], &events) != nil {
		return nil
	}
	return events
}

// spelled is the name that was sent, or the documented one when none was, and the reason without the hint at that name.
func spelled(sent json.RawMessage, names []string, reason string) (field, why string) {
	field = names[0]
	for _, name := range names {
		if holds(sent, name) {
			field = name
			break
		}
	}
	return field, strings.Replace(reason, " (or "+field+")", "", 1)
}

// holds tells whether an object has a value at a path; null counts as none.
func holds(object json.RawMessage, path string) bool {
	first, rest, deeper := strings.Cut(path, ".")
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return false
	}
	value, has := members[first]
	if deeper {
		return holds(value, rest)
	}
	return has && string(value) != "null"
}
