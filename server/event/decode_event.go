package event

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/word"
)

// fields are the paths DecodeJSON knows, both names of a field where it has two. A test holds them against event.proto.
var fields = []string{
	"event_id", "event_name", "name", "version", "schema_version", "ts", "event_ts", "user_id", "user", "market", "brand", "game", "bet", "win",
	"round", "device", "context", "session_id", "trace_id", "payload", "participants",
	"user.id", "user.geo", "user.platform", "user.payer", "user.payer_flag", "user.kyc_level", "user.risk_flags",
	"game.id", "game.provider", "game.type",
	"bet.amount_minor", "bet.currency",
	"win.amount_minor", "win.currency", "win.multiplier",
	"round.id", "round.state", "round.duration_ms",
	"device.platform", "device.asn", "device.asn_category", "device.fingerprint", "device.headless", "device.ip", "device.user_agent",
	"context.session_id", "context.ip", "context.user_agent",
}

// decodeEvent reads one event strictly.
func decodeEvent(raw jsontext.Value) Result {
	r := &reader{dec: jsontext.NewDecoder(bytes.NewReader(raw)), event: &laurelv1.Event{}, fields: fields, of: "an event"}
	if r.dec.PeekKind() != '{' {
		return Result{Problem: problemf("", "an event must be a JSON object")}
	}
	if problem := r.object("", r.member); problem != nil {
		return Result{Problem: problem, EventID: peekEventID(raw)}
	}
	return Result{Event: r.event, EventID: word.Clip(r.event.EventId, maxFieldBytes)}
}

func (r *reader) member(name string) *Problem {
	e := r.event
	switch name {
	case "event_id":
		return r.text(name, &e.EventId)
	case "event_name", "name":
		return r.aliasText(aliasName, name, &e.Name)
	case "version", "schema_version":
		return r.aliasText(aliasVersion, name, &e.SchemaVersion)
	case "ts", "event_ts":
		return r.eventTime(name)
	case "user_id":
		return r.aliasText(aliasUser, name, &r.user().Id)
	case "user":
		return r.object(name, r.userMember)
	case "market":
		return r.text(name, &e.Market)
	case "brand":
		return r.text(name, &e.Brand)
	case "game":
		return r.object(name, r.gameMember)
	case "bet":
		return r.object(name, r.betMember)
	case "win":
		return r.object(name, r.winMember)
	case "round":
		return r.object(name, r.roundMember)
	case "device":
		return r.object(name, r.deviceMember)
	case "context":
		return r.object(name, r.contextMember)
	case "session_id":
		return r.aliasText(aliasSession, name, &e.SessionId)
	case "trace_id":
		return r.text(name, &e.TraceId)
	case "payload":
		return r.payload()
	case "participants":
		return r.participants()
	case "ingest_ts", "origin", "source":
		return setByLaurel(name)
	}
	return r.unknown("", name)
}

func (r *reader) user() *laurelv1.User {
	if r.event.User == nil {
		r.event.User = &laurelv1.User{}
	}
	return r.event.User
}

func (r *reader) device() *laurelv1.Device {
	if r.event.Device == nil {
		r.event.Device = &laurelv1.Device{}
	}
	return r.event.Device
}

func (r *reader) userMember(name string) *Problem {
	u := r.user()
	switch name {
	case "":
		return nil
	case "id":
		return r.aliasText(aliasUser, "user.id", &u.Id)
	case "geo":
		return r.text("user.geo", &u.Geo)
	case "platform":
		return r.text("user.platform", &u.Platform)
	case "payer", "payer_flag":
		return r.payer("user." + name)
	case "kyc_level":
		return r.kycLevel("user.kyc_level")
	case "risk_flags":
		return r.texts("user.risk_flags", &u.RiskFlags)
	}
	return r.unknown("user", name)
}

func (r *reader) gameMember(name string) *Problem {
	if r.event.Game == nil {
		r.event.Game = &laurelv1.Game{}
	}
	g := r.event.Game
	switch name {
	case "":
		return nil
	case "id":
		return r.text("game.id", &g.Id)
	case "provider":
		return r.text("game.provider", &g.Provider)
	case "type":
		return r.text("game.type", &g.Type)
	}
	return r.unknown("game", name)
}

func (r *reader) betMember(name string) *Problem {
	if r.event.Bet == nil {
		r.event.Bet = &laurelv1.Bet{}
	}
	switch name {
	case "":
		return nil
	case "amount_minor":
		return r.integer("bet.amount_minor", maxAmountMinor, &r.event.Bet.AmountMinor)
	case "currency":
		return r.text("bet.currency", &r.event.Bet.Currency)
	}
	return r.unknown("bet", name)
}

func (r *reader) winMember(name string) *Problem {
	if r.event.Win == nil {
		r.event.Win = &laurelv1.Win{}
	}
	w := r.event.Win
	switch name {
	case "":
		return nil
	case "amount_minor":
		return r.integer("win.amount_minor", maxAmountMinor, &w.AmountMinor)
	case "currency":
		return r.text("win.currency", &w.Currency)
	case "multiplier":
		return r.multiplier("win.multiplier")
	}
	return r.unknown("win", name)
}

func (r *reader) roundMember(name string) *Problem {
	if r.event.Round == nil {
		r.event.Round = &laurelv1.Round{}
	}
	round := r.event.Round
	switch name {
	case "":
		return nil
	case "id":
		return r.text("round.id", &round.Id)
	case "state":
		return r.text("round.state", &round.State)
	case "duration_ms":
		return r.duration("round.duration_ms")
	}
	return r.unknown("round", name)
}

func (r *reader) deviceMember(name string) *Problem {
	d := r.device()
	switch name {
	case "":
		return nil
	case "platform":
		return r.text("device.platform", &d.Platform)
	case "asn":
		return r.text("device.asn", &d.Asn)
	case "asn_category":
		return r.text("device.asn_category", &d.AsnCategory)
	case "fingerprint":
		return r.text("device.fingerprint", &d.Fingerprint)
	case "headless":
		return r.flag("device.headless", &d.Headless)
	case "ip":
		return r.aliasText(aliasIP, "device.ip", &d.Ip)
	case "user_agent":
		return r.aliasText(aliasUserAgent, "device.user_agent", &d.UserAgent)
	}
	return r.unknown("device", name)
}

func (r *reader) contextMember(name string) *Problem {
	switch name {
	case "":
		return nil
	case "session_id":
		return r.aliasText(aliasSession, "context.session_id", &r.event.SessionId)
	case "ip":
		return r.aliasText(aliasIP, "context.ip", &r.device().Ip)
	case "user_agent":
		return r.aliasText(aliasUserAgent, "context.user_agent", &r.device().UserAgent)
	}
	return r.unknown("context", name)
}

// unknown refuses a field that is not one of the reader's, with the names it may have been meant for.
func (r *reader) unknown(parent, name string) *Problem {
	const advice = "whatever else the sender knows belongs under payload"
	path, inside := name, ""
	if parent != "" {
		path, inside = parent+"."+name, parent+"."
	}
	if len(name) > maxFieldBytes {
		return problemf(path, "is not a field of %s: %s", r.of, advice)
	}
	near := word.Nearest(path, r.fields)
	for _, field := range r.fields {
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
	return problemf(path, "is not a field of %s%s: %s", r.of, hint, advice)
}
