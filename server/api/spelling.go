package api

import (
	"encoding/json"
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
		names, several := spellings[results[i].Field]
		if !several || results[i].Status != statusRejected {
			continue
		}
		if sent == nil {
			if sent = eventsOf(body, single); len(sent) != len(results) {
				return
			}
		}
		results[i].Field, results[i].Reason = spelled(sent[i], names, results[i].Reason)
	}
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

// spelled is the name that the event has, or the documented one when it has none, and the reason without the hint at that name.
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

// holds tells whether an object has a value at a path.
func holds(object json.RawMessage, path string) bool {
	first, rest, deeper := strings.Cut(path, ".")
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return false
	}
	value, has := members[first]
	return has && (!deeper || holds(value, rest))
}
