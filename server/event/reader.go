package event

import (
	"bytes"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/word"
)

// maxAliases bounds the fields of an event that have several names.
const maxAliases = 12

// reader reads one event, or one participant as the fields that an event has of him. It remembers under which name a field with several was
// given first.
type reader struct {
	dec   *jsontext.Decoder
	event *laurelv1.Event
	form  *form
	first [maxAliases + 1]string
	// payloadFrom is where the payload began in the input, payloadText how long it was.
	payloadFrom, payloadText int64
}

// object reads what may stand in an object. {"bet": {}} says that there was a bet; null counts as not given.
func (r *reader) object(at *place) *Problem {
	switch r.dec.PeekKind() {
	case 'n':
		return r.skip()
	case '{':
	default:
		return r.wrongKind(at.path, "an object")
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return notJSON(err)
	}
	if at.field != nil {
		at.field.holds.of(r.event, true)
	}
	for r.dec.PeekKind() != '}' {
		name, err := r.dec.ReadValue()
		if err != nil {
			return notJSON(err)
		}
		member := at.member(name)
		if member == nil {
			return r.unknown(at.path, unquoted(name))
		}
		if problem := r.member(member); problem != nil {
			return problem
		}
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return notJSON(err)
	}
	return nil
}

// member finds a name as it stands in the input; nil when there is none.
func (p *place) member(name jsontext.Value) *place {
	if found := p.members[string(name[1:len(name)-1])]; found != nil {
		return found
	}
	if bytes.IndexByte(name, '\\') < 0 {
		return nil
	}
	return p.members[unquoted(name)]
}

// named reports whether a name as it stands in the input is that one.
func named(name jsontext.Value, want string) bool {
	return string(name[1:len(name)-1]) == want || bytes.IndexByte(name, '\\') >= 0 && unquoted(name) == want
}

// unquoted is the text of a value that was read as one.
func unquoted(value jsontext.Value) string {
	text, _ := jsontext.AppendUnquote(nil, value)
	return string(text)
}

// member reads a field of any kind.
func (r *reader) member(at *place) *Problem {
	if at.members != nil {
		return r.object(at)
	}
	if at.field.byLaurel {
		return setByLaurel(at.path)
	}
	switch into := at.field.open(r.event).(type) {
	case *string:
		return set(r, at, into, (*reader).readText)
	case *bool:
		return set(r, at, into, (*reader).readFlag)
	case *int64:
		return set(r, at, into, (*reader).readWhole)
	case **bool:
		return setOptional(r, at, into, (*reader).readFlag)
	case **int32:
		return setOptional(r, at, into, (*reader).readSmall)
	case **int64:
		return setOptional(r, at, into, (*reader).readWhole)
	case **float64:
		return setOptional(r, at, into, (*reader).readDouble)
	case *[]string:
		return r.texts(at, into)
	case **timestamppb.Timestamp:
		return r.time(at, into)
	case **structpb.Struct:
		return r.payload(into)
	case *[]*laurelv1.Participant:
		return r.participants(into)
	}
	panic("no reader for the field " + at.path + " of events")
}

// set reads a value. One that was given before under another name must be the same.
func set[T comparable](r *reader, at *place, into *T, read func(*reader, *place) (T, bool, *Problem)) *Problem {
	value, given, problem := read(r, at)
	if !given {
		return problem
	}
	if r.again(at) && *into != value {
		return r.differ(at)
	}
	*into = value
	return nil
}

// setOptional is set for a field that may be unset.
func setOptional[T comparable](r *reader, at *place, into **T, read func(*reader, *place) (T, bool, *Problem)) *Problem {
	value, given, problem := read(r, at)
	if !given {
		return problem
	}
	if r.again(at) && **into != value {
		return r.differ(at)
	}
	*into = &value
	return nil
}

// again reports whether the field was given before under another name, and remembers the first name.
func (r *reader) again(at *place) bool {
	if at.field.alias == 0 {
		return false
	}
	first := &r.first[at.field.alias]
	if *first != "" {
		return true
	}
	*first = at.path
	return false
}

func (r *reader) differ(at *place) *Problem {
	return problemf(at.path, "differs from %s, which means the same: send one of them", r.first[at.field.alias])
}

func (r *reader) skip() *Problem {
	if err := r.dec.SkipValue(); err != nil {
		return notJSON(err)
	}
	return nil
}

// wrongKind refuses a value of the wrong JSON kind; a value that is no JSON at all is named as that.
func (r *reader) wrongKind(path, want string) *Problem {
	kind := r.dec.PeekKind()
	if err := r.dec.SkipValue(); err != nil {
		return notJSON(err)
	}
	names := map[jsontext.Kind]string{'n': "null", 't': "true", 'f': "false", '"': "text", '0': "a number", '{': "an object", '[': "a list"}
	return problemf(path, "must be %s, but is %s", want, names[kind])
}

// readText reads text; given is false for null.
func (r *reader) readText(at *place) (value string, given bool, problem *Problem) {
	switch r.dec.PeekKind() {
	case 'n':
		return "", false, r.skip()
	case '"':
	case '0':
		return "", false, r.wrongKind(at.path, "text in quotes")
	default:
		return "", false, r.wrongKind(at.path, "text")
	}
	token, err := r.dec.ReadToken()
	if err != nil {
		return "", false, notJSON(err)
	}
	return token.String(), true, nil
}

func (r *reader) time(at *place, into **timestamppb.Timestamp) *Problem {
	text, given, problem := r.readText(at)
	if !given {
		return problem
	}
	value, ok := parseTime(text)
	if !ok {
		return problemf(at.path, "must be a time in RFC 3339 such as 2025-10-25T18:00:00Z or 2025-10-25T20:00+02:00, but is %s", word.Quote(text))
	}
	if r.again(at) && !(*into).AsTime().Equal(value) {
		return r.differ(at)
	}
	*into = timestamppb.New(value)
	return nil
}

// parseTime reads RFC 3339 with or without seconds. time.Parse alone would also take one-digit hours, a decimal comma and offsets of 24
// hours.
func parseTime(text string) (time.Time, bool) {
	const minute = "2006-01-02T15:04Z07:00"
	if len(text) < len("2006-01-02T15:04Z") || len(text) > 40 || text[10] != 'T' || text[13] != ':' {
		return time.Time{}, false
	}
	layout := minute
	if text[16] == ':' {
		layout = time.RFC3339Nano
		if len(text) > 19 && text[19] == ',' {
			return time.Time{}, false
		}
	}
	if zone := text[len(text)-6:]; zone[0] == '+' || zone[0] == '-' {
		if zone[1:3] > "23" || zone[4:6] > "59" {
			return time.Time{}, false
		}
	}
	at, err := time.Parse(layout, text)
	return at, err == nil
}

func (r *reader) readFlag(at *place) (value, given bool, problem *Problem) {
	switch r.dec.PeekKind() {
	case 'n':
		return false, false, r.skip()
	case 't', 'f':
	default:
		return false, false, r.wrongKind(at.path, "true or false")
	}
	token, err := r.dec.ReadToken()
	if err != nil {
		return false, false, notJSON(err)
	}
	return token.Bool(), true, nil
}

func (r *reader) texts(at *place, into *[]string) *Problem {
	switch r.dec.PeekKind() {
	case 'n':
		return r.skip()
	case '[':
	default:
		return r.wrongKind(at.path, "a list of text")
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return notJSON(err)
	}
	for r.dec.PeekKind() != ']' {
		if r.dec.PeekKind() != '"' {
			return r.wrongKind(at.path, "a list of text with nothing else in it")
		}
		token, err := r.dec.ReadToken()
		if err != nil {
			return notJSON(err)
		}
		*into = append(*into, token.String())
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return notJSON(err)
	}
	return nil
}
