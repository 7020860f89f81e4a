package event

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/word"
)

// decodeEvent reads one event strictly.
func decodeEvent(raw jsontext.Value) Result {
	r := &reader{dec: jsontext.NewDecoder(bytes.NewBuffer(raw)), event: &laurelv1.Event{}, form: contract.wholeEvent}
	if r.dec.PeekKind() != '{' {
		return Result{Problem: problemf("", "an event must be a JSON object")}
	}
	if problem := r.object(&r.form.place); problem != nil {
		return Result{Problem: problem, EventID: peekEventID(raw)}
	}
	return Result{Event: r.event, EventID: word.Clip(r.event.EventId, maxFieldBytes)}
}

// unknown refuses a field that is not one of the reader's, with the names it may have been meant for.
func (r *reader) unknown(parent, name string) *Problem {
	const advice = "whatever else the sender knows belongs under payload"
	path, inside := name, ""
	if parent != "" {
		path, inside = parent+"."+name, parent+"."
	}
	if len(name) > maxFieldBytes {
		return problemf(path, "is not a field of %s: %s", r.form.of, advice)
	}
	near := word.Nearest(path, r.form.names)
	for _, field := range r.form.names {
		last := field[strings.LastIndexByte(field, '.')+1:]
		same := last == name || strings.HasPrefix(field, inside) && len(word.Nearest(name, []string{last})) > 0
		if same && !slices.Contains(near, field) && len(near) < word.MaxNear {
			near = append(near, field)
		}
	}
	hint := ""
	if len(near) > 0 {
		hint = " (near: " + strings.Join(near, ", ") + ")"
	}
	return problemf(path, "is not a field of %s%s: %s", r.form.of, hint, advice)
}
