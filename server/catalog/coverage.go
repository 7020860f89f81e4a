package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxLacksNamed bounds the gaps of a rate table that are told one by one.
const maxLacksNamed = 3

// Lacks says of which days between two times, in microseconds, the first inclusive, the table has no rate of a currency that it knows, such
// as "JPY from 2025-10-26 on"; empty when it has them all.
func (r *Rates) Lacks(fromMicros, untilMicros int64) string {
	first, last := r.day(fromMicros), r.day(untilMicros-1)
	days := map[string][]string{}
	for key := range r.days {
		days[key.currency] = append(days[key.currency], key.date)
	}
	var lacks []string
	for _, currency := range slices.Sorted(maps.Keys(days)) {
		slices.Sort(days[currency])
		lacks = append(lacks, lacksOf(currency, days[currency], first, last)...)
	}
	if more := len(lacks) - maxLacksNamed; more > 0 {
		lacks = append(lacks[:maxLacksNamed], fmt.Sprintf("%d more", more))
	}
	return strings.Join(lacks, ", ")
}

// day is the day of a time, by the table's zone.
func (r *Rates) day(micros int64) string { return time.UnixMicro(micros).In(r.zone).Format(dateForm) }

// lacksOf are the gaps between the days, in order, on which a currency has a rate.
func lacksOf(currency string, days []string, first, last string) (lacks []string) {
	wanted := first // the first day of which nothing is known yet
	for _, day := range days {
		switch {
		case day < wanted:
			continue
		case day > last:
			if wanted <= last {
				lacks = append(lacks, span(currency, wanted, last))
			}
			return lacks
		case day > wanted:
			lacks = append(lacks, span(currency, wanted, next(day, -1)))
		}
		wanted = next(day, 1)
	}
	switch {
	case wanted == first:
		lacks = append(lacks, span(currency, first, last))
	case wanted <= last:
		lacks = append(lacks, fmt.Sprintf("%s from %s on", currency, wanted))
	}
	return lacks
}

func span(currency, from, to string) string {
	if from == to {
		return fmt.Sprintf("%s on %s", currency, from)
	}
	return fmt.Sprintf("%s from %s to %s", currency, from, to)
}

// next is the day so many days after another.
func next(day string, days int) string {
	at, err := time.Parse(dateForm, day)
	if err != nil {
		return day // dates of a table have been checked
	}
	return at.AddDate(0, 0, days).Format(dateForm)
}
