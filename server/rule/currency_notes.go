package rule

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
)

// quantity is what points are made of, for a person.
type quantity uint8

const (
	// plainNumber is no amount of money: a number, or the ratio of amounts.
	plainNumber quantity = iota
	// wholeUnits is an amount of money.
	wholeUnits
	// minorUnits is one in minor units.
	minorUnits
	// noQuantity is an amount multiplied by another, or a number divided by one, which means nothing.
	noQuantity
)

// quantity says what the points of the program are.
func (p *Program) quantity() quantity {
	if p.points != fromFormula {
		return plainNumber
	}
	of := newMeasurer().of(p.formula.tree).unit
	amounts, minors := of[amountUnit]+of[payloadUnit], of[minorUnit]+of[payloadMinorUnit]
	switch {
	case amounts == 0:
		return plainNumber
	case amounts == 1 && minors == 0:
		return wholeUnits
	case amounts == 1 && minors == 1:
		return minorUnits
	}
	return noQuantity
}

const nameOne = " Name scoring.currency, or let scoring.filter pass one currency."

// notes says what the currency means for a contest without problems: for its points, and for which events count.
func notes(definition catalog.Message, known *catalog.Vocabulary) []string {
	contest, ok := definition.(*laurelv1.Contest)
	if !ok {
		return nil
	}
	p, problems := Compile(contest)
	if len(problems) > 0 {
		return nil
	}
	thresholds := p.thresholds()
	said := []string{p.noteOfPoints(len(thresholds) == 0)}
	if p.quantity() == noQuantity {
		said = append(said, catalog.WarningBegins+"points are no amount of money: an amount is multiplied by another, or divides what is none.")
	}
	if len(thresholds) > 0 {
		said = append(said, fmt.Sprintf(catalog.WarningBegins+"%s; each event's own currency is taken, so the same number is another "+
			"worth in JPY than in EUR."+nameOne, strings.Join(thresholds, ", and ")))
	}
	if p.currency == "" && p.mixing {
		said = append(said, "An event whose win and stake are in different currencies does not count.")
	}
	return append(said, p.noteOfRates(contest, known)...)
}

// noteOfRates warns of days of the contest for which its table has no rates yet.
func (p *Program) noteOfRates(contest *laurelv1.Contest, known *catalog.Vocabulary) []string {
	rates := known.Rates(p.rates)
	start, end, _, _, err := catalog.ParseWindow(contest.GetWindow())
	if rates == nil || err != nil {
		return nil
	}
	lacks := rates.Lacks(start.UnixMicro(), end.UnixMicro())
	if lacks == "" {
		return nil
	}
	return []string{fmt.Sprintf(catalog.WarningBegins+"the rate table %s has no rate of %s, days of the contest; events of a day "+
		"without a rate do not count. Publish the rates of a day before its events come in.", p.rates, lacks)}
}

func (p *Program) noteOfPoints(alike bool) string {
	made := map[quantity]string{
		plainNumber: "points are no amount of money, but change with the currency of amounts", wholeUnits: "points are an amount of money",
		minorUnits: "points are an amount of money in minor units", noQuantity: "points are made of amounts",
	}[p.quantity()]
	counted := map[quantity]string{
		plainNumber: "points are no amount of money, and amounts are in ", wholeUnits: "points are counted in ",
		minorUnits: "points are counted in minor units of ", noQuantity: "points are made of amounts in ",
	}[p.quantity()] + p.currency
	switch p.Tender {
	case NoAmount:
		if !alike {
			return "Currency: points are no amount of money."
		}
		return "Currency: points are no amount of money, so none is needed."
	case CancelsOut:
		if !alike {
			return "Currency: it cancels out of the points of an event."
		}
		return "Currency: it cancels out of the points, so all currencies count alike."
	case Named:
		return fmt.Sprintf("Currency: %s; events in other currencies do not count.", counted)
	case Converted:
		return fmt.Sprintf("Currency: %s; other currencies count by %s, at the rate of the event's day, and not at all on a day without one.",
			counted, p.rates)
	case OneByFilter:
		return fmt.Sprintf("Currency: %s, and the filter lets one currency pass.", made)
	}
	return fmt.Sprintf(catalog.WarningBegins+"%s and no currency is named, so %s.", made, map[quantity]string{
		plainNumber: p.bareOfFormula() + " is taken as it is, in JPY as in EUR", wholeUnits: "200 JPY count as 200 beside 2 EUR as 2",
		minorUnits: "200 JPY count as 200 beside 2 EUR as 200", noQuantity: "JPY and EUR are taken as the same numbers",
	}[p.quantity()]) + nameOne
}

// bareOfFormula names the amounts that the formula takes as numbers.
func (p *Program) bareOfFormula() string {
	m := newMeasurer()
	m.of(p.formula.tree)
	found := m.bare
	if len(found) == 0 {
		found = m.read
	}
	return strings.Join(slices.Sorted(maps.Keys(found)), ", ")
}

// thresholds say which fields decide whether an event counts by an amount in whatever currency it is.
func (p *Program) thresholds() []string {
	if p.currency != "" {
		return nil
	}
	pinned := map[string]string{}
	var said, bare []string
	if p.filter != nil {
		pinned = pins(p.filter.tree)
		m := newMeasurer()
		m.of(p.filter.tree)
		for _, path := range slices.Sorted(maps.Keys(m.bare)) {
			if p.pinOf(pinned, path) == "" {
				bare = append(bare, path)
			}
		}
	}
	if len(bare) > 0 {
		said = append(said, "scoring.filter compares "+strings.Join(bare, ", "))
	}
	if p.minBetMinor > 0 && p.pinOf(pinned, "bet.amount_minor") == "" {
		said = append(said, "scoring.min_bet_minor compares the stake in minor units")
	}
	return said
}
