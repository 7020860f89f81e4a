package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/types/known/structpb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/zone"
)

// needsGroupBy is what is wrong with a sum in a mapping whose rows are events.
const needsGroupBy = "adds rows up, so the mapping needs group_by"

// compiler turns a mapping as it was written into one that reads rows, and notes everything that is wrong on the way.
type compiler struct {
	*Mapping
	problems []catalog.Problem
}

// refuse notes a problem of a field; its line is found when all are known.
func (c *compiler) refuse(field, format string, args ...any) {
	c.problems = append(c.problems, catalog.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (c *compiler) compile(written *laurelv1.Mapping) {
	if written.Delimiter != nil {
		char, _ := utf8.DecodeRuneInString(written.GetDelimiter())
		if strings.ContainsRune("\"\r\n\ufffd", char) {
			c.refuse("delimiter", `must be one character other than a quote or an end of line, such as ";" or "\t"`)
		}
		c.delimiter = char
	}
	c.Mapping.refuse = c.conditions("refuse", written.GetRefuse())
	c.note = c.conditions("note", written.GetNote())
	if written.GroupBy != nil {
		c.groupBy = c.expression(written.GetGroupBy(), "group_by", wantsText)
	}
	for _, path := range slices.Sorted(maps.Keys(written.GetEvent())) { // what is told of columns is the same each time
		value := written.GetEvent()[path]
		one := fieldValue{path: path, field: fmt.Sprintf("event[%q]", path), minor: value.GetMinor()}
		c.value(&one, value)
		c.values = append(c.values, one)
	}
	c.order()
	for i, value := range c.values {
		if value.minor {
			c.inMinor(i, written.GetEvent()[value.path])
		}
	}
	for _, required := range []string{"event_id", "name", "event_ts", "user.id"} {
		if !slices.ContainsFunc(c.values, func(v fieldValue) bool { return slices.Contains(event.Names(required), v.path) }) {
			c.refuse("event", "must say where %s comes from", required)
		}
	}
	for _, value := range c.values {
		if written.GroupBy == nil && (value.sum != nil || value.count) {
			c.refuse(value.field, needsGroupBy)
		}
	}
	c.tree = &branch{value: -1}
	for i := range c.values {
		if err := plant(c.tree, c.values[i].path, i); err != nil {
			c.refuse(c.values[i].field, "%s", err)
			continue
		}
		if err := fills(c.values[i].path); err != nil {
			c.refuse(c.values[i].field, "is no field to fill: %s", err)
		}
	}
}

// order brings the values into the order in which they are written, so that what goes wrong first in a row is the same each time.
func (c *compiler) order() {
	place := make(map[string]catalog.Problem, len(c.values))
	for _, value := range c.values {
		place[value.path] = c.document.Place([]catalog.Problem{{Field: value.field}})[0]
	}
	slices.SortFunc(c.values, func(a, b fieldValue) int {
		return cmp.Or(cmp.Compare(place[a.path].Line, place[b.path].Line), cmp.Compare(place[a.path].Column, place[b.path].Column),
			strings.Compare(a.path, b.path))
	})
}

func (c *compiler) conditions(field string, written []*laurelv1.MappingCondition) []condition {
	list := make([]condition, 0, len(written))
	for i, one := range written {
		at := fmt.Sprintf("%s[%d]", field, i)
		switch {
		case strings.Contains(one.GetReason(), combinationMark):
			c.refuse(at+".reason", "must not hold %q, which stands between reasons in the report", combinationMark)
		case slices.ContainsFunc(list, func(other condition) bool { return other.reason == one.GetReason() }):
			c.refuse(at+".reason", "is there twice: %q", one.GetReason())
		}
		list = append(list, condition{reason: one.GetReason(), when: c.expression(one.GetWhen(), at+".when", wantsFlag)})
	}
	return list
}

// value compiles where a field comes from; the contract has seen to it that it says one thing.
func (c *compiler) value(into *fieldValue, written *laurelv1.MappingValue) {
	switch {
	case written.GetConst() != nil:
		constant, err := constantOf(written.GetConst())
		if err != nil {
			c.refuse(into.field+".const", "%s", err)
		}
		into.constant = constant
	case written.Column != nil:
		into.column = written.GetColumn()
		c.reads(into.column, into.field+".column")
	case written.Cel != nil:
		want := wantsValue
		if into.minor {
			want = wantsAmount
		}
		into.expression = c.expression(written.GetCel(), into.field+".cel", want)
	case written.GetTime() != nil:
		c.time(into, written.GetTime())
	case len(written.GetSum()) > 0:
		into.sum = written.GetSum()
		for i, column := range into.sum {
			c.reads(column, fmt.Sprintf("%s.sum[%d]", into.field, i))
		}
	default:
		into.count = true
	}
}

func (c *compiler) time(into *fieldValue, written *laurelv1.MappingTime) {
	at := into.field + ".time"
	into.column, into.layout = written.GetColumn(), written.GetLayout()
	c.reads(into.column, at+".column")
	reference := time.Date(2006, 1, 2, 15, 4, 5, 0, time.UTC)
	if back, err := time.Parse(into.layout, reference.Format(into.layout)); err != nil || back.Year() != 2006 || back.YearDay() != 2 {
		c.refuse(at+".layout", "must show how 2 January 2006 15:04:05 is written in the file, such as 2006-01-02 15:04:05")
	}
	within, err := zone.Load(written.GetTz())
	if err != nil {
		c.refuse(at+".tz", "%s", err)
	}
	into.zone = within
}

// constantOf is a written value as JSON. A whole number that is too long for a double comes as text, with all its digits.
func constantOf(written *structpb.Value) (jsontext.Value, error) {
	switch kind := written.GetKind().(type) {
	case *structpb.Value_StringValue:
		return jsontext.AppendQuote(nil, kind.StringValue)
	case *structpb.Value_BoolValue:
		return jsontext.Value(jsontext.Bool(kind.BoolValue).String()), nil
	case *structpb.Value_NumberValue:
		return jsontext.Value(jsontext.Float(kind.NumberValue).String()), nil
	}
	return nil, errors.New("must be text, a plain number, true or false")
}

// plant gives a value its place in the tree of the event.
func plant(tree *branch, path string, value int) error {
	at := tree
	keys := strings.Split(path, ".")
	for depth, key := range keys {
		if key == "" {
			return errors.New("must be a path such as user.id")
		}
		last := depth == len(keys)-1
		k := slices.IndexFunc(at.members, func(n *branch) bool { return n.key == key })
		switch {
		case k < 0:
			at.members = append(at.members, &branch{key: key, value: -1})
			at = at.members[len(at.members)-1]
		case last || at.members[k].value >= 0:
			return errors.New("is given already by another field of the mapping")
		default:
			at = at.members[k]
		}
		if last {
			at.value = value
		}
	}
	return nil
}

// fills asks the reader of events whether it knows a field, so that a wrong one is found before the first row.
func fills(path string) error {
	probe := &branch{value: -1}
	if err := plant(probe, path, 0); err != nil {
		return err
	}
	body, err := appendNode(nil, probe, []jsontext.Value{jsontext.Value("null")})
	if err != nil {
		return err
	}
	results, _, err := event.DecodeJSON(body)
	if err == nil && results[0].Problem != nil {
		err = results[0].Problem
	}
	return err
}
