package api

import (
	"fmt"
	"net/http"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/word"
)

// eventResult says what became of one event of a REST batch.
type eventResult struct {
	EventID string `json:"event_id"`
	// Status is accepted, duplicate or rejected.
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
	Field  string `json:"field,omitempty"`
	// Code sorts refusals, by the codes of errors.
	Code string `json:"code,omitempty"`

	refusal kind
	// contract tells that the field is named as the contract names it, and not as it was sent.
	contract bool
}

func (r *eventResult) refuse(field, reason string, why kind) {
	r.Field, r.Reason, r.Code, r.refusal = field, reason, codes[why].rpc.String(), why
}

const (
	statusAccepted  = "accepted"
	statusDuplicate = "duplicate"
	statusRejected  = "rejected"
)

// singleAnswer answers one event. A duplicate is accepted too: whoever sends again because he missed an answer learns that the event is
// durable, and that it was before.
type singleAnswer struct {
	Accepted  bool `json:"accepted"`
	Duplicate bool `json:"duplicate,omitempty"`
}

// batchAnswer answers a batch, one result an event, in the order of the request.
type batchAnswer struct {
	Accepted  int           `json:"accepted"`
	Duplicate int           `json:"duplicate"`
	Rejected  int           `json:"rejected"`
	Results   []eventResult `json:"results"`
}

// eventParameters are those of postEvents.
var eventParameters = []string{"history"}

// historyOf reads whether the events of a call are history.
func historyOf(r *http.Request) (bool, error) {
	query, err := parseQuery(r)
	if err != nil {
		return false, err
	}
	values := query["history"]
	if len(values) == 0 {
		return false, nil
	}
	if len(values) > 1 {
		return false, badField("history", "must be there only once")
	}
	switch text := values[0]; text {
	case "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, badField("history", "must be true or false, but is %s", word.Quote(text))
	}
}

// postEvents takes one event or a batch. 202 means that what was accepted is durable. A single event that is refused gives 400, with the
// code out_of_range when it is too old, or 409 when its id is taken by another event; a batch gives 202 as long as anything in it was
// accepted or known. With history=true events may be of any age, and are those of a source of their own.
func (a *API) postEvents(w http.ResponseWriter, r *http.Request) error {
	history, err := historyOf(r)
	if err != nil {
		return err
	}
	body, release, err := a.readBody(w, r)
	if err != nil {
		a.countUnread(err)
		return err
	}
	defer release()
	read, single, err := event.DecodeJSON(body)
	if err != nil {
		a.countUnread(err)
		return err
	}
	results, err := a.acceptREST(r, read, history)
	if err != nil {
		return err
	}
	nameAsSent(body, single, results)
	if single {
		return answerSingle(w, results[0])
	}
	answer := batchAnswer{Results: results}
	for _, result := range results {
		switch result.Status {
		case statusAccepted:
			answer.Accepted++
		case statusDuplicate:
			answer.Duplicate++
		default:
			answer.Rejected++
		}
	}
	if answer.Rejected == len(results) {
		return &failure{kind: kindInvalid, message: "no event of this batch was accepted; details.results says why for each", results: results}
	}
	writeJSON(w, http.StatusAccepted, answer)
	return nil
}

func answerSingle(w http.ResponseWriter, result eventResult) error {
	switch {
	case result.Status == statusRejected:
		return &failure{kind: result.refusal, field: result.Field, message: result.Reason}
	}
	writeJSON(w, http.StatusAccepted, singleAnswer{Accepted: true, Duplicate: result.Status == statusDuplicate})
	return nil
}

// acceptREST hands on what could be read and puts the results back in the order of the request.
func (a *API) acceptREST(r *http.Request, read []event.Result, history bool) ([]eventResult, error) {
	together := 0
	for _, one := range read {
		together += weight(one.Event)
	}
	if err := a.limits.takeEvents(r.Context(), together); err != nil {
		return nil, err
	}
	results := make([]eventResult, len(read))
	events := make([]*laurelv1.Event, 0, len(read))
	places := make([]int, 0, len(read))
	for i, one := range read {
		results[i] = eventResult{EventID: one.EventID, Status: statusRejected}
		if one.Problem != nil {
			results[i].refuse(one.Problem.Field, one.Problem.Message, kindInvalid)
			continue
		}
		events, places = append(events, one.Event), append(places, i)
	}
	if len(events) == 0 {
		a.Telemetry.Refused(len(read))
		return results, nil
	}
	accepted, err := a.Ingest.Accept(r.Context(), sourceOf(r.Context(), history), events)
	if err != nil {
		return nil, err
	}
	// Ingest counts what it was handed. The rest counts only now: had ingest been busy, the sender would send all of it again.
	a.Telemetry.Refused(len(read) - len(events))
	if len(accepted) != len(events) {
		return nil, fmt.Errorf("ingest answered %d of %d events", len(accepted), len(events))
	}
	for i, result := range accepted {
		at := &results[places[i]]
		switch result.Status {
		case laurelv1.EventStatus_EVENT_STATUS_ACCEPTED:
			at.Status = statusAccepted
		case laurelv1.EventStatus_EVENT_STATUS_DUPLICATE:
			at.Status = statusDuplicate
		case laurelv1.EventStatus_EVENT_STATUS_REJECTED, laurelv1.EventStatus_EVENT_STATUS_UNSPECIFIED:
			at.refuse(result.Field, result.Reason, refusalOf(&accepted[i]))
			at.contract = true
		}
	}
	return results, nil
}

// countUnread counts a body of events that is refused as a whole because of what it is. One that may be sent again as it is does not count.
func (a *API) countUnread(err error) {
	switch judge(err).kind {
	case kindInvalid, kindTooLarge, kindUnsupported:
		a.Telemetry.Refused(1)
	default:
	}
}
