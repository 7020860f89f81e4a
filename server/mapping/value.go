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
)

// fieldValue is one field of the event and where it comes from: exactly one of constant, column, expression, layout, sum and count is set.
type fieldValue struct {
	path       string
	field      string // where the mapping says so
	constant   jsontext.Value
	column     string
	expression *expression
	layout     string
	zone       *time.Location
	sum        []string
	count      bool
	// minor tells that it is a decimal amount which becomes minor units. currencies are then the places of the values that may say of which
	// currency; the first that is not empty does.
	minor      bool
	currencies []int
}

// varies reports whether rows of one event may disagree about the value.
func (v *fieldValue) varies() bool {
	return v.constant == nil && v.sum == nil && !v.count
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
