package event

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/word"
)

// MaxBatch is how many events one request may carry.
const MaxBatch = 1000

// Result is what became of reading one event of a body: exactly one of Event and Problem is set.
type Result struct {
	// Event is what was read, not yet normalised.
	Event *laurelv1.Event
	// Problem says why the event could not be read.
	Problem *Problem
	// EventID is the id as far as it could be read, at most 256 bytes; empty when there was none.
	EventID string
}

// DecodeJSON reads the body of POST /v1/events: one event object, or {"events": […]} with 1 to 1000 of them; single tells which.
// An event that can't be read has its Problem in its own result and the others go on. The error, a *Problem, is for the whole
// body: not JSON at all, no object, or an empty or oversized batch. The events still have to pass Registry.Normalise.
func DecodeJSON(body []byte) (results []Result, single bool, err error) {
	raw, single, problem := split(body)
	if problem != nil {
		return nil, false, problem
	}
	results = make([]Result, len(raw))
	for i, value := range raw {
		results[i] = decodeEvent(value)
	}
	return results, single, nil
}

// lenient reads anything that has JSON's grammar, so that one event with a duplicate key or bad UTF-8 does not fail its neighbours.
// Each event is read strictly afterwards.
func lenient(body []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// split finds the events of a body.
func split(body []byte) (events []jsontext.Value, single bool, problem *Problem) {
	dec := lenient(body)
	switch dec.PeekKind() {
	case '{':
	case '[':
		return nil, false, problemf("", `the body must be one event object or {"events": […]}, but is a list: put it under "events"`)
	default:
		if _, err := dec.ReadValue(); err != nil {
			return nil, false, notJSON(err)
		}
		return nil, false, problemf("", `the body must be one event object or {"events": […]}`)
	}
	batch, names, err := topLevel(dec)
	if err != nil {
		return nil, false, notJSON(err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, false, problemf("", "the body must end after its JSON object, but more follows at byte %d", dec.InputOffset())
	}
	if batch == nil {
		return []jsontext.Value{body}, true, nil
	}
	if len(names) > 1 {
		other := names[0]
		if other == "events" {
			other = names[1]
		}
		if other == "events" {
			return nil, false, problemf("events", "must be there only once")
		}
		return nil, false, problemf(other, "can't stand beside events: fields of an event belong inside it")
	}
	events, problem = elements(batch)
	return events, false, problem
}

// topLevel reads the object at the decoder's place and returns the raw value of its member events, if any, and up to its first
// two names and that one. What is skipped is still checked for JSON's grammar.
func topLevel(dec *jsontext.Decoder) (batch jsontext.Value, names []string, err error) {
	if _, err := dec.ReadToken(); err != nil {
		return nil, nil, err
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadValue()
		if err != nil {
			return nil, nil, err
		}
		isBatch := named(name, "events")
		if len(names) < 2 || isBatch {
			names = append(names, unquoted(name))
		}
		value, err := dec.ReadValue()
		if err != nil {
			return nil, nil, err
		}
		if isBatch {
			batch = bytes.Clone(value)
		}
	}
	_, err = dec.ReadToken()
	return batch, names, err
}

// elements takes a batch's list apart.
func elements(batch jsontext.Value) ([]jsontext.Value, *Problem) {
	if batch.Kind() != '[' {
		return nil, problemf("events", "must be a list of 1 to %d events", MaxBatch)
	}
	dec := lenient(batch)
	if _, err := dec.ReadToken(); err != nil {
		return nil, notJSON(err)
	}
	var events []jsontext.Value
	for dec.PeekKind() != ']' {
		value, err := dec.ReadValue()
		if err != nil {
			return nil, notJSON(err)
		}
		if len(events) == MaxBatch {
			return nil, problemf("events", "must hold at most %d events: send more of them in several requests", MaxBatch)
		}
		events = append(events, bytes.Clone(value))
	}
	if len(events) == 0 {
		return nil, problemf("events", "must hold 1 to %d events, but is empty", MaxBatch)
	}
	return events, nil
}

// notJSON words the error of a reader of JSON, with the path where it stopped.
func notJSON(err error) *Problem {
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return problemf("", "the body must be JSON, but ends too early")
		}
		return problemf("", "the body must be JSON: %s", err)
	}
	field := dotted(syntax.JSONPointer)
	subject := "" // of the sentence: the field when there is one
	if field == "" {
		subject = "the JSON "
	}
	switch {
	case errors.Is(syntax.Err, jsontext.ErrDuplicateName):
		return problemf(field, "is there twice in the same object: send each key once")
	case errors.Is(syntax.Err, jsontext.ErrNonStringName):
		return problemf(field, "%sholds a key that is no text: keys need quotes (byte %d)", subject, syntax.ByteOffset)
	case errors.Is(syntax.Err, io.ErrUnexpectedEOF):
		return problemf(field, "%sis cut off: it ends too early (byte %d)", subject, syntax.ByteOffset)
	case strings.Contains(syntax.Err.Error(), "UTF-8"), strings.Contains(syntax.Err.Error(), "surrogate"):
		return problemf(field, "%smust be valid UTF-8 (byte %d)", subject, syntax.ByteOffset)
	}
	if field == "" {
		return problemf("", "the body must be JSON: %s at byte %d", syntax.Err, syntax.ByteOffset)
	}
	return problemf(field, "is no JSON value: %s at byte %d; numbers are written in digits, NaN and Infinity are none", syntax.Err,
		syntax.ByteOffset)
}

// dotted writes a JSON pointer the way fields are named elsewhere: /events/3/bet/amount_minor is events[3].bet.amount_minor.
func dotted(pointer jsontext.Pointer) string {
	var path strings.Builder
	for token := range pointer.Tokens() {
		if path.Len() > maxFieldBytes {
			break
		}
		if _, err := strconv.ParseUint(token, 10, 32); err == nil && path.Len() > 0 {
			path.WriteString("[" + token + "]")
			continue
		}
		if path.Len() > 0 {
			path.WriteByte('.')
		}
		path.WriteString(token)
	}
	return path.String()
}

// peekEventID finds the event's id in a value that could not be read as an event, so that its result can be told apart.
func peekEventID(raw jsontext.Value) string {
	dec := lenient(raw)
	if dec.PeekKind() != '{' {
		return ""
	}
	if _, err := dec.ReadToken(); err != nil {
		return ""
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return ""
		}
		if name.String() != "event_id" || dec.PeekKind() != '"' {
			if dec.SkipValue() != nil {
				return ""
			}
			continue
		}
		value, err := dec.ReadToken()
		if err != nil {
			return ""
		}
		return word.Clip(value.String(), maxFieldBytes)
	}
	return ""
}
