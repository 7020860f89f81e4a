package mapping

import (
	"fmt"
	"strings"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// maxRejections bounds the refused events that a tally tells one by one; all are counted.
const maxRejections = 1000

// shownRejections are those that a terminal shows.
const shownRejections = 10

// Tally accounts for every row of a file: what became of it and why.
type Tally struct {
	// Rows read, without the header.
	Rows int64 `json:"rows"`
	// Events by what the server made of them.
	Events EventCounts `json:"events"`
	// RowsOf are the rows by what became of them; they sum to Rows.
	RowsOf RowCounts `json:"rows_of"`
	// RefusedBy counts refused rows by the exact combination of reasons, joined by " + ".
	RefusedBy map[string]int64 `json:"refused_by_combination,omitempty"`
	// Noted counts rows that met a note, NotedTaken those of them that are part of an event.
	Noted      map[string]int64 `json:"noted,omitempty"`
	NotedTaken map[string]int64 `json:"noted_in_events,omitempty"`
	// Varying counts events whose rows disagree about a field; the first row's value was sent.
	Varying map[string]int64 `json:"varying,omitempty"`
	// Rejections are the first 1000 events that were not accepted, and rows that could not be read.
	Rejections []Rejection `json:"rejections,omitempty"`
	// RejectionsLeftOut counts those behind them, of which nothing else is told.
	RejectionsLeftOut int64 `json:"rejections_left_out,omitempty"`
}

// EventCounts are events by what the server made of them.
type EventCounts struct {
	Accepted   int64 `json:"accepted"`
	Duplicates int64 `json:"duplicates"`
	Rejected   int64 `json:"rejected"`
}

// RowCounts are rows by what became of them.
type RowCounts struct {
	Accepted   int64 `json:"accepted"`
	Duplicates int64 `json:"duplicates"`
	Rejected   int64 `json:"rejected"`
	Refused    int64 `json:"refused"`
	Unreadable int64 `json:"unreadable"`
	Blank      int64 `json:"blank"`
}

// Rejection is an event that was not accepted, or a row that could not be read.
type Rejection struct {
	FirstLine int64  `json:"first_line"`
	LastLine  int64  `json:"last_line"`
	EventID   string `json:"event_id,omitempty"`
	Field     string `json:"field,omitempty"`
	Reason    string `json:"reason"`
}

// Add accounts for a unit that needs no answer of the server, or that has its answer: status says what became of the unit's event, and
// field and reason why when it was rejected. A unit with a Problem or without an event takes no status.
func (t *Tally) Add(u Unit, status laurelv1.EventStatus, field, reason string) {
	refused := int64(0)
	for combination, rows := range u.Refused {
		refused += rows
		addTo(&t.RefusedBy, combination, rows)
	}
	for note, rows := range u.Noted {
		addTo(&t.Noted, note, rows)
	}
	for note, rows := range u.NotedTaken {
		addTo(&t.NotedTaken, note, rows)
	}
	for _, path := range u.Varying {
		addTo(&t.Varying, path, 1)
	}
	t.Rows += u.Taken + refused + u.Unreadable + u.Blank
	t.RowsOf.Refused += refused
	t.RowsOf.Unreadable += u.Unreadable
	t.RowsOf.Blank += u.Blank
	switch {
	case u.Problem != nil:
		t.reject(u, u.Problem.Field, u.Problem.Error())
	case u.Event == nil:
	case status == laurelv1.EventStatus_EVENT_STATUS_ACCEPTED:
		t.Events.Accepted++
		t.RowsOf.Accepted += u.Taken
	case status == laurelv1.EventStatus_EVENT_STATUS_DUPLICATE:
		t.Events.Duplicates++
		t.RowsOf.Duplicates += u.Taken
	default:
		t.reject(u, field, reason)
	}
}

func (t *Tally) reject(u Unit, field, reason string) {
	if u.Taken > 0 {
		t.Events.Rejected++
		t.RowsOf.Rejected += u.Taken
	}
	if len(t.Rejections) < maxRejections {
		t.Rejections = append(t.Rejections, Rejection{FirstLine: u.First, LastLine: u.Last, EventID: u.EventID, Field: field, Reason: reason})
		return
	}
	t.RejectionsLeftOut++
}

func addTo(into *map[string]int64, name string, rows int64) {
	if *into == nil {
		*into = map[string]int64{}
	}
	(*into)[name] += rows
}

// RefusedByReason counts refused rows by each reason they met; rows that met several count for each.
func (t *Tally) RefusedByReason() map[string]int64 {
	reasons := map[string]int64{}
	for combination, rows := range t.RefusedBy {
		for reason := range strings.SplitSeq(combination, combinationMark) {
			reasons[reason] += rows
		}
	}
	return reasons
}

// Balance returns an error when the rows by outcome do not sum to the rows read.
func (t *Tally) Balance() error {
	of := t.RowsOf
	sum := of.Accepted + of.Duplicates + of.Rejected + of.Refused + of.Unreadable + of.Blank
	combinations := int64(0)
	for _, rows := range t.RefusedBy {
		combinations += rows
	}
	if sum != t.Rows || combinations != of.Refused {
		return fmt.Errorf("%d rows were read, but %d are accounted for, and %d of %d refused rows have a reason", t.Rows, sum, combinations,
			of.Refused)
	}
	return nil
}

// Told is what the report in a terminal must know beside the numbers.
type Told struct {
	// DryRun tells that nothing was sent.
	DryRun bool
	// Report is the file into which the report is written as well; empty when it is not.
	Report string
}

// Text is the report as people read it in a terminal.
func (t *Tally) Text(told Told) string {
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	line("%10d rows read", t.Rows)
	if told.DryRun {
		line("%10d events could be read, of %d rows", t.Events.Accepted, t.RowsOf.Accepted)
		line("%10d events would be rejected, of %d rows", t.Events.Rejected, t.RowsOf.Rejected)
	} else {
		line("%10d events accepted, of %d rows", t.Events.Accepted, t.RowsOf.Accepted)
		line("%10d events were there already, of %d rows", t.Events.Duplicates, t.RowsOf.Duplicates)
		line("%10d events rejected, of %d rows", t.Events.Rejected, t.RowsOf.Rejected)
	}
	line("%10d rows refused", t.RowsOf.Refused)
	reasons := t.RefusedByReason()
	for _, reason := range byCount(reasons) {
		line("%20d %s", reasons[reason], reason)
	}
	for _, combination := range byCount(t.RefusedBy) {
		if many := strings.Count(combination, combinationMark) + 1; many > 1 {
			line("%20d counted for %d reasons: %s", t.RefusedBy[combination], many, combination)
		}
	}
	if t.RowsOf.Unreadable+t.RowsOf.Blank > 0 {
		line("%10d rows could not be read, %d are blank", t.RowsOf.Unreadable, t.RowsOf.Blank)
	}
	for _, note := range byCount(t.Noted) {
		line("%10d rows noted: %s; %d of them are part of an event", t.Noted[note], note, t.NotedTaken[note])
	}
	for _, path := range byCount(t.Varying) {
		line("%10d events whose rows disagree about %s: the first row's value was sent", t.Varying[path], path)
	}
	for i, r := range t.Rejections {
		if i == shownRejections {
			line("%10s and %d more%s", "", int64(len(t.Rejections)-i)+t.RejectionsLeftOut, t.whereMore(told.Report))
			break
		}
		where := fmt.Sprintf("line %d: ", r.FirstLine)
		reason := strings.TrimPrefix(r.Reason, where)
		if !strings.HasPrefix(reason, r.Field) {
			reason = r.Field + " " + reason
		}
		line("%10s %s%s", "", where, strings.TrimSpace(r.EventID+" "+reason))
	}
	return text.String()
}

// whereMore says where more rejections are told than are shown, and how many of them.
func (t *Tally) whereMore(report string) string {
	which := "all of them"
	if t.RejectionsLeftOut > 0 {
		which = fmt.Sprintf("the first %d of them", len(t.Rejections))
	}
	if report == "" {
		return "; --report FILE.json writes " + which + " to a file"
	}
	return "; " + report + " has " + which
}
