package mapping

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/laurelhq/laurel/server/event"
)

// rowGroup is an event under construction.
type rowGroup struct {
	mapping *Mapping
	unit    Unit
	values  []jsontext.Value
	sums    []*big.Rat
	// codes are the currencies of sums that are to be in minor units.
	codes     []code
	exponents Exponents
	met       []bool
}

func (r *Rows) begin(row *dataRow) *rowGroup {
	m := r.mapping
	group := &rowGroup{
		mapping: m, values: make([]jsontext.Value, len(m.values)), sums: make([]*big.Rat, len(m.values)), codes: make([]code, len(m.values)),
		exponents: r.Exponents, met: make([]bool, max(len(m.refuse), len(m.note))), unit: Unit{First: row.line},
	}
	if r.suspect != "" {
		group.fail("", errors.New(r.suspect))
	}
	r.suspect = ""
	return group
}

// add takes one row in: refused, or part of the event. A row that can't be computed spoils its event, since a sum without it would be
// wrong.
func (g *rowGroup) add(row *dataRow) {
	g.unit.Last = row.line
	refused, err := meet(g.mapping.refuse, g.met, row.columns)
	noted, noteErr := meet(g.mapping.note, g.met, row.columns)
	for note := range strings.SplitSeq(noted, combinationMark) {
		tallyUp(&g.unit.Noted, note)
		if refused == "" {
			tallyUp(&g.unit.NotedTaken, note)
		}
	}
	if refused != "" {
		tallyUp(&g.unit.Refused, refused)
		return
	}
	g.unit.Taken++
	if err := errors.Join(err, noteErr); err != nil {
		g.fail("", fmt.Errorf("line %d: %w", row.line, err))
		return
	}
	for i := range g.mapping.values {
		if err := g.take(i, row); err != nil {
			g.failAt(i, row.line, err)
			return
		}
	}
}

func (g *rowGroup) take(i int, row *dataRow) error {
	value := &g.mapping.values[i]
	if value.sum != nil {
		product, err := value.product(row.columns)
		if err != nil {
			return err
		}
		if value.minor {
			if err := g.inCurrency(i, row.columns); err != nil {
				return err
			}
		}
		if g.sums[i] == nil {
			g.sums[i] = new(big.Rat)
		}
		g.sums[i].Add(g.sums[i], product)
		return nil
	}
	text, err := value.read(row.columns)
	if err == nil && value.minor {
		text, err = g.scaled(value, text, row.columns)
	}
	switch {
	case err != nil:
		return err
	case g.values[i] == nil:
		g.values[i] = text
	case value.varies() && !bytes.Equal(g.values[i], text):
		g.unit.vary(value.path)
	}
	return nil
}

func (u *Unit) vary(path string) {
	if !slices.Contains(u.Varying, path) {
		u.Varying = append(u.Varying, path)
	}
}

// fail keeps the first thing that went wrong.
func (g *rowGroup) fail(field string, err error) {
	if g.unit.Problem == nil {
		g.unit.Problem = &event.Problem{Field: field, Message: strings.ToValidUTF8(err.Error(), "?")}
	}
}

// failAt keeps it with the field of the event, under the name that the file has for it.
func (g *rowGroup) failAt(i int, line int64, err error) {
	var other misplaced
	if errors.As(err, &other) {
		i, err = other.place, other.error
	}
	path := g.mapping.values[i].path
	g.fail(cmp.Or(g.mapping.columnsOf(path), path), fmt.Errorf("line %d: %s: %w", line, path, err))
}

// finish makes the event of the rows that were taken.
func (g *rowGroup) finish(end Position) Unit {
	g.unit.End = end
	if g.unit.Taken == 0 {
		g.unit.Problem = nil
		return g.unit
	}
	for i := range g.mapping.values {
		switch {
		case g.sums[i] != nil && g.mapping.values[i].minor:
			g.total(i)
		case g.sums[i] != nil:
			g.values[i] = decimalText(g.sums[i])
		case g.mapping.values[i].count:
			g.values[i] = jsontext.Value(strconv.FormatInt(g.unit.Taken, 10))
		case g.values[i] == nil:
			g.values[i] = jsontext.Value("null")
		}
	}
	body, err := appendNode(nil, g.mapping.tree, g.values)
	if err != nil {
		g.fail("", err)
		return g.unit
	}
	results, _, err := event.DecodeJSON(body)
	if err != nil {
		g.fail("", err)
		return g.unit
	}
	g.unit.EventID = results[0].EventID
	if g.unit.Problem == nil {
		g.unit.Event, g.unit.Sent, g.unit.Problem = results[0].Event, body, results[0].Problem
		if problem := g.unit.Problem; problem != nil {
			field, message := g.mapping.InFile(problem.Field, problem.Message)
			g.unit.Problem = &event.Problem{Field: field, Message: message}
		}
	}
	return g.unit
}

// meet evaluates named conditions and returns the ones that hold.
func meet(rules []condition, met []bool, row map[string]string) (string, error) {
	some := false
	for i := range rules {
		holds, err := rules[i].when.flag(row)
		if err != nil {
			return "", fmt.Errorf("%s: %w", rules[i].reason, err)
		}
		met[i] = holds
		some = some || holds
	}
	if !some {
		return "", nil
	}
	return reasonsOf(rules, met), nil
}

// tallyUp counts one more of a name; an empty name counts for nothing.
func tallyUp(into *map[string]int64, name string) {
	if name == "" {
		return
	}
	if *into == nil {
		*into = map[string]int64{}
	}
	(*into)[name]++
}
