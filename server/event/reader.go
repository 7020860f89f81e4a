package event

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/word"
)

// alias is a field that may be given under several names.
type alias int

const (
	aliasName alias = iota
	aliasVersion
	aliasTime
	aliasUser
	aliasPayer
	aliasSession
	aliasIP
	aliasUserAgent
	aliasCount
)

// reader reads one event, or one participant as the fields that an event has of him. It remembers under which name an aliased field was given first.
type reader struct {
	dec   *jsontext.Decoder
	event *laurelv1.Event
	first [aliasCount]string
	// fields are the paths there are, and of says whose.
	fields []string
	of     string
	// payloadFrom is where the payload began in the input, payloadText how long it was.
	payloadFrom, payloadText int64
}

// object reads an object and hands each key to member, which reads the value. member is told the empty name once before, so
// that it can open what the object stands for: {"bet": {}} says that there was a bet. null counts as not given.
func (r *reader) object(path string, member func(name string) *Problem) *Problem {
	switch r.dec.PeekKind() {
	case 'n':
		return r.skip(path)
	case '{':
	default:
		return r.wrongKind(path, "an object")
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return notJSON(err)
	}
	if path != "" {
		if problem := member(""); problem != nil {
			return problem
		}
	}
	for r.dec.PeekKind() != '}' {
		token, err := r.dec.ReadToken()
		if err != nil {
			return notJSON(err)
		}
		name := token.String()
		if name == "" {
			return r.unknown(path, name)
		}
		if problem := member(name); problem != nil {
			return problem
		}
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return notJSON(err)
	}
	return nil
}

func (r *reader) skip(string) *Problem {
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
func (r *reader) readText(path string) (value string, given bool, problem *Problem) {
	switch r.dec.PeekKind() {
	case 'n':
		return "", false, r.skip(path)
	case '"':
	case '0':
		return "", false, r.wrongKind(path, "text in quotes")
	default:
		return "", false, r.wrongKind(path, "text")
	}
	token, err := r.dec.ReadToken()
	if err != nil {
		return "", false, notJSON(err)
	}
	return token.String(), true, nil
}

func (r *reader) text(path string, into *string) *Problem {
	value, given, problem := r.readText(path)
	if given {
		*into = value
	}
	return problem
}

// again reports whether the field was given before under another name, and remembers the first name.
func (r *reader) again(field alias, path string) bool {
	if r.first[field] != "" {
		return true
	}
	r.first[field] = path
	return false
}

func (r *reader) differ(field alias, path string) *Problem {
	return problemf(path, "differs from %s, which means the same: send one of them", r.first[field])
}

func (r *reader) aliasText(field alias, path string, into *string) *Problem {
	value, given, problem := r.readText(path)
	if !given {
		return problem
	}
	if r.again(field, path) && *into != value {
		return r.differ(field, path)
	}
	*into = value
	return nil
}

func (r *reader) eventTime(path string) *Problem {
	text, given, problem := r.readText(path)
	if !given {
		return problem
	}
	at, ok := parseTime(text)
	if !ok {
		return problemf(path, "must be a time in RFC 3339 such as 2025-10-25T18:00:00Z or 2025-10-25T20:00+02:00, but is %s", word.Quote(text))
	}
	if r.again(aliasTime, path) && !r.event.EventTs.AsTime().Equal(at) {
		return r.differ(aliasTime, path)
	}
	r.event.EventTs = timestamppb.New(at)
	return nil
}

// parseTime reads RFC 3339 with or without seconds. time.Parse alone would also take one-digit hours, a decimal comma and offsets of 24 hours.
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

func (r *reader) readFlag(path string) (value, given bool, problem *Problem) {
	switch r.dec.PeekKind() {
	case 'n':
		return false, false, r.skip(path)
	case 't', 'f':
	default:
		return false, false, r.wrongKind(path, "true or false")
	}
	token, err := r.dec.ReadToken()
	if err != nil {
		return false, false, notJSON(err)
	}
	return token.Bool(), true, nil
}

func (r *reader) flag(path string, into *bool) *Problem {
	value, given, problem := r.readFlag(path)
	if given {
		*into = value
	}
	return problem
}

func (r *reader) payer(path string) *Problem {
	value, given, problem := r.readFlag(path)
	if !given {
		return problem
	}
	user := r.user()
	if r.again(aliasPayer, path) && user.GetPayer() != value {
		return r.differ(aliasPayer, path)
	}
	user.Payer = &value
	return nil
}

func (r *reader) texts(path string, into *[]string) *Problem {
	switch r.dec.PeekKind() {
	case 'n':
		return r.skip(path)
	case '[':
	default:
		return r.wrongKind(path, "a list of text")
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return notJSON(err)
	}
	for r.dec.PeekKind() != ']' {
		if r.dec.PeekKind() != '"' {
			return r.wrongKind(path, "a list of text with nothing else in it")
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
