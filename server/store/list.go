package store

import (
	"fmt"
	"strings"
)

// Listing is the part of a list by time that somebody wants: rows that meet a filter, from behind a given one on.
type Listing struct {
	// Limit bounds the rows.
	Limit int
	// OldestFirst turns the order around; unset, the newest rows come first.
	OldestFirst bool
	// Text is what a row must have in it, in either case. Empty means any.
	Text string
	// FromMicros, inclusive, and UntilMicros, exclusive, bound the time; 0 means no bound.
	FromMicros, UntilMicros int64
	// After is the key of the last row that was shown; nil begins the list.
	After *int64
}

// Columns name what a listing asks for: the key by which rows are ordered, which grows with time, the time, and the texts that are
// searched.
type Columns struct {
	Key, Time string
	Texts     []string
}

// Conditions gather what rows must meet, for statements in the words of both dialects.
type Conditions struct {
	dialect Dialect
	texts   []string
	// Args are the values of the placeholders.
	Args []any
}

// Conditions returns none yet.
func (s *Store) Conditions() *Conditions { return &Conditions{dialect: s.dialect} }

// Add adds a condition. Each ? in it stands for the next of values.
func (c *Conditions) Add(condition string, values ...any) {
	for _, value := range values {
		c.Args = append(c.Args, value)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(c.Args)), 1)
	}
	c.texts = append(c.texts, condition)
}

// List adds what a listing asks for, and returns the rest of the statement: its conditions, its order and its bound.
func (c *Conditions) List(l Listing, in Columns) string {
	if l.FromMicros != 0 {
		c.Add(in.Time+" >= ?", l.FromMicros)
	}
	if l.UntilMicros != 0 {
		c.Add(in.Time+" < ?", l.UntilMicros)
	}
	if l.Text != "" {
		var either []string
		var values []any
		operator, patterns := c.dialect.finding(l.Text)
		for _, column := range in.Texts {
			for _, pattern := range patterns {
				either, values = append(either, column+operator+"?"), append(values, pattern)
			}
		}
		c.Add("("+strings.Join(either, " OR ")+")", values...)
	}
	order, beyond := " DESC", " < ?"
	if l.OldestFirst {
		order, beyond = "", " > ?"
	}
	if l.After != nil {
		c.Add(in.Key+beyond, *l.After)
	}
	c.Args = append(c.Args, l.Limit)
	where := ""
	if len(c.texts) > 0 {
		where = " WHERE " + strings.Join(c.texts, " AND ")
	}
	return fmt.Sprintf("%s ORDER BY %s%s LIMIT $%d", where, in.Key, order, len(c.Args))
}
