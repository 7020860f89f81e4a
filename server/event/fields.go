package event

import laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"

// contract is the table of the fields of laurel.v1.Event. It drives how they are read from JSON and under which names, their bounds,
// whether a schema may require them, what is personal about an event, what each player of an event of several gets, and what formulas can
// read. A field that is added to event.proto needs its row here, and nothing else unless it means something of its own; a test tells which
// has none. What event.proto says of a field isn't repeated: its kind and its bounds are read there.
//
// The order is that in which fields are checked.
var contract = newTable([]Field{
	{Path: "event_id", at: func(e *laurelv1.Event) any { return &e.EventId }, perPlayer: true},
	{Path: "name", Formula: "event.name", at: func(e *laurelv1.Event) any { return &e.Name }, also: []string{"event_name"}},
	{Path: "schema_version", at: func(e *laurelv1.Event) any { return &e.SchemaVersion }, also: []string{"version"}},
	{Path: "event_ts", at: func(e *laurelv1.Event) any { return &e.EventTs }, also: []string{"ts"}},
	{Path: "ingest_ts", at: func(e *laurelv1.Event) any { return &e.IngestTs }, byLaurel: true, perPlayer: true, kept: notStored},
	{Path: "market", Formula: "market", at: func(e *laurelv1.Event) any { return &e.Market }},
	{Path: "brand", Formula: "brand", at: func(e *laurelv1.Event) any { return &e.Brand }},
	{Path: "session_id", at: func(e *laurelv1.Event) any { return &e.SessionId }, also: []string{"context.session_id"}},
	{Path: "trace_id", at: func(e *laurelv1.Event) any { return &e.TraceId }},
	{Path: "origin", at: func(e *laurelv1.Event) any { return &e.Origin }, byLaurel: true, perPlayer: true},
	{Path: "source", at: func(e *laurelv1.Event) any { return &e.Source }, byLaurel: true, perPlayer: true},

	{Path: "user", holds: in(func(e *laurelv1.Event) **laurelv1.User { return &e.User }), perPlayer: true},
	{Path: "user.id", Formula: "user.id", at: func(e *laurelv1.Event) any { return &e.User.Id }, also: []string{"user_id"}},
	{Path: "user.geo", Formula: "user.geo", at: func(e *laurelv1.Event) any { return &e.User.Geo }},
	{Path: "user.platform", Formula: "user.platform", at: func(e *laurelv1.Event) any { return &e.User.Platform }},
	{Path: "user.payer", Formula: "user.payer", at: func(e *laurelv1.Event) any { return &e.User.Payer }, also: []string{"user.payer_flag"}},
	{Path: "user.kyc_level", Formula: "user.kyc_level", at: func(e *laurelv1.Event) any { return &e.User.KycLevel }},
	{Path: "user.risk_flags", Formula: "user.risk_flags", at: func(e *laurelv1.Event) any { return &e.User.RiskFlags }},

	{Path: "game", holds: in(func(e *laurelv1.Event) **laurelv1.Game { return &e.Game })},
	{Path: "game.id", Formula: "game.id", at: func(e *laurelv1.Event) any { return &e.Game.Id }},
	{Path: "game.provider", Formula: "game.provider", at: func(e *laurelv1.Event) any { return &e.Game.Provider }},
	{Path: "game.type", Formula: "game.type", at: func(e *laurelv1.Event) any { return &e.Game.Type }},

	{Path: "bet", holds: in(func(e *laurelv1.Event) **laurelv1.Bet { return &e.Bet }), perPlayer: true},
	{Path: "bet.amount_minor", Formula: "bet.amount_minor", at: func(e *laurelv1.Event) any { return &e.Bet.AmountMinor }},
	{Path: "bet.currency", Formula: "bet.currency", at: func(e *laurelv1.Event) any { return &e.Bet.Currency }, most: maxCurrencyBytes},

	{Path: "win", holds: in(func(e *laurelv1.Event) **laurelv1.Win { return &e.Win }), perPlayer: true},
	{Path: "win.amount_minor", Formula: "win.amount_minor", at: func(e *laurelv1.Event) any { return &e.Win.AmountMinor }},
	{Path: "win.currency", Formula: "win.currency", at: func(e *laurelv1.Event) any { return &e.Win.Currency }, most: maxCurrencyBytes},
	{Path: "win.multiplier", Formula: "win.multiplier", at: func(e *laurelv1.Event) any { return &e.Win.Multiplier }},

	{Path: "round", holds: in(func(e *laurelv1.Event) **laurelv1.Round { return &e.Round })},
	{Path: "round.id", Formula: "round.id", at: func(e *laurelv1.Event) any { return &e.Round.Id }},
	{Path: "round.state", Formula: "round.state", at: func(e *laurelv1.Event) any { return &e.Round.State }},
	{Path: "round.duration_ms", Formula: "round.duration_ms", at: func(e *laurelv1.Event) any { return &e.Round.DurationMs }},

	{Path: "device", holds: in(func(e *laurelv1.Event) **laurelv1.Device { return &e.Device }), perPlayer: true, kept: personal},
	{Path: "device.platform", Formula: "device.platform", at: func(e *laurelv1.Event) any { return &e.Device.Platform }},
	{Path: "device.asn", Formula: "device.asn", at: func(e *laurelv1.Event) any { return &e.Device.Asn }},
	{Path: "device.asn_category", Formula: "device.asn_category", at: func(e *laurelv1.Event) any { return &e.Device.AsnCategory }},
	{Path: "device.fingerprint", at: func(e *laurelv1.Event) any { return &e.Device.Fingerprint }},
	{Path: "device.headless", Formula: "device.headless", at: func(e *laurelv1.Event) any { return &e.Device.Headless }},
	{Path: "device.ip", at: func(e *laurelv1.Event) any { return &e.Device.Ip }, also: []string{"context.ip"}},
	{Path: "device.user_agent", at: func(e *laurelv1.Event) any { return &e.Device.UserAgent }, also: []string{"context.user_agent"}},

	{Path: "payload", at: func(e *laurelv1.Event) any { return &e.Payload }, perPlayer: true, kept: personal},
	{Path: "participants", at: func(e *laurelv1.Event) any { return &e.Participants }, perPlayer: true, kept: personal},
})
