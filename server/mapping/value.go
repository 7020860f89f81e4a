package mapping

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"github.com/laurelhq/laurel/server/event"
)

// fieldValue is one field of the event and where it comes from: exactly one of constant, column, expression, layout, sum and count is set.
type fieldValue struct {
	path       string
	line       int
	constant   jsontext.Value
	column     string
	expression *expression
	layout     string
	zone       *time.Location
	sum        []string
	count      bool
}

// varies reports whether rows of one event may disagree about the value.
func (v *fieldValue) varies() bool {
	return v.constant == nil && v.sum == nil && !v.count
}

func (m *Mapping) parseConst(node *yaml.Node, field string, value *fieldValue) error {
	if node.Kind == yaml.ScalarNode {
		switch node.ShortTag() {
		case "!!str":
			quoted, err := jsontext.AppendQuote(nil, node.Value)
			value.constant = quoted
			if err == nil {
				return nil
			}
		case "!!bool":
			flag := false
			if node.Decode(&flag) == nil {
				value.constant = jsontext.Value(strconv.FormatBool(flag))
				return nil
			}
		case "!!int", "!!float":
			if literal := jsontext.Value(node.Value); literal.IsValid() {
				value.constant = literal
				return nil
			}
		}
	}
	return m.errorf(node.Line, field, "must be text, a plain number, true or false")
}

func (m *Mapping) parseTime(node *yaml.Node, field string, value *fieldValue) error {
	tz := ""
	err := m.object(node, field, map[string]member{
		"column": func(n *yaml.Node, f string) error {
			m.reads(n.Value, n.Line, f)
			return m.text(n, f, &value.column)
		},
		"layout": func(n *yaml.Node, f string) error { return m.text(n, f, &value.layout) },
		"tz":     func(n *yaml.Node, f string) error { return m.text(n, f, &tz) },
	})
	if err != nil {
		return err
	}
	if value.column == "" || value.layout == "" || tz == "" {
		return m.errorf(node.Line, field, "must have column, layout and tz")
	}
	reference := time.Date(2006, 1, 2, 15, 4, 5, 0, time.UTC)
	if back, err := time.Parse(value.layout, reference.Format(value.layout)); err != nil || back.Year() != 2006 || back.YearDay() != 2 {
		return m.errorf(node.Line, field+".layout", "must show how 2 January 2006 15:04:05 is written in the file, such as 2006-01-02 15:04:05")
	}
	if value.zone, err = time.LoadLocation(tz); err != nil || tz == "Local" {
		return m.errorf(node.Line, field+".tz", "must be an IANA time zone such as Europe/London, but is %q", tz)
	}
	return nil
}

// checkPaths asks the reader of events whether it knows the fields the mapping fills, so that a wrong one is found before the first row.
func (m *Mapping) checkPaths() error {
	for i := range m.values {
		probe := &branch{value: -1}
		only := Mapping{name: m.name, values: m.values[i : i+1], tree: probe}
		if err := only.plant(0); err != nil {
			return err
		}
		body, err := appendNode(nil, probe, []jsontext.Value{jsontext.Value("null")})
		if err != nil {
			return m.errorf(m.values[i].line, "event."+m.values[i].path, "can't be written: %s", err)
		}
		results, _, err := event.DecodeJSON(body)
		if err == nil && results[0].Problem != nil {
			err = results[0].Problem
		}
		if err != nil {
			return m.errorf(m.values[i].line, "event."+m.values[i].path, "is no field to fill: %s", err)
		}
	}
	return nil
}

// read returns the value for one row as JSON; nil for what is added up over the rows.
func (v *fieldValue) read(row map[string]string) (jsontext.Value, error) {
	switch {
	case v.constant != nil:
		return v.constant, nil
	case v.sum != nil || v.count:
		return nil, nil
	case v.zone != nil:
		at, err := timeIn(row[v.column], v.layout, v.zone)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", v.column, err)
		}
		return jsontext.AppendQuote(nil, at.Format(time.RFC3339Nano))
	case v.column != "":
		text, err := jsontext.AppendQuote(nil, row[v.column])
		if err != nil {
			return nil, fmt.Errorf("column %s must be valid UTF-8", v.column)
		}
		return text, nil
	}
	value, err := v.expression.eval(row)
	if err != nil {
		return nil, err
	}
	return jsonOf(value)
}

func jsonOf(value ref.Val) (jsontext.Value, error) {
	switch value := value.(type) {
	case types.String:
		text, err := jsontext.AppendQuote(nil, string(value))
		if err != nil {
			return nil, errors.New("gives text that is not valid UTF-8")
		}
		return text, nil
	case types.Bool:
		return jsontext.Value(strconv.FormatBool(bool(value))), nil
	case types.Int:
		return jsontext.Value(strconv.FormatInt(int64(value), 10)), nil
	case types.Uint:
		return jsontext.Value(strconv.FormatUint(uint64(value), 10)), nil
	case types.Double:
		text := jsontext.Value(strconv.FormatFloat(float64(value), 'g', -1, 64))
		if !text.IsValid() {
			return nil, fmt.Errorf("gives %s, which is no number", text)
		}
		return text, nil
	case types.Timestamp:
		return jsontext.AppendQuote(nil, value.Format(time.RFC3339Nano))
	}
	return nil, fmt.Errorf("gives %s, which no field takes", value.Type().TypeName())
}

// product multiplies the columns of a sum for one row, exactly.
func (v *fieldValue) product(row map[string]string) (*big.Rat, error) {
	product := big.NewRat(1, 1)
	for _, column := range v.sum {
		factor, err := exactDecimal(row[column])
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", column, err)
		}
		product.Mul(product, factor)
	}
	return product, nil
}

// decimalText writes an exact sum of decimals, without zeros at its end.
func decimalText(sum *big.Rat) jsontext.Value {
	places, _ := sum.FloatPrec()
	return jsontext.Value(sum.FloatString(places))
}

// appendNode writes the event as the JSON that event.DecodeJSON reads, so that all doors have one reader.
func appendNode(body []byte, node *branch, values []jsontext.Value) ([]byte, error) {
	if node.value >= 0 {
		return append(body, values[node.value]...), nil
	}
	body = append(body, '{')
	for i, member := range node.members {
		if i > 0 {
			body = append(body, ',')
		}
		var err error
		if body, err = jsontext.AppendQuote(body, member.key); err != nil {
			return nil, fmt.Errorf("key %q: %w", member.key, err)
		}
		body = append(body, ':')
		if body, err = appendNode(body, member, values); err != nil {
			return nil, err
		}
	}
	return append(body, '}'), nil
}
