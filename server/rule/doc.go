// Package rule turns the definition of a contest into a compiled program, and an event into points by it.
//
//	Contest ─► Compile ─► Program ─► Index
//	                         │          │ Match: event name, market, brand, provider
//	             Event ──────┴──────────┴─► Score ─► Round (units, multiplier, duration, time) or Outcome (which clause refused)
//
// Index.Fold is the stage: the points of one event in every contest whose window it lies in.
//
// Score is a pure function of program and event: no clock, no context, no database, nothing remembered between events. What needs more than
// the event, such as the rate of one player and where the contest closed, is package contest's.
//
// # Formulas
//
// Formulas and filters are CEL with one kind of number, the double: every number literal is one, so min(win.amount / bet.amount, 50) * 100
// needs no decimal points and 1 / 2 is 0.5. Arithmetic never leaves the finite numbers: a division by zero, a logarithm of zero or an
// overflow is an error of that event (a poison), because min(∞, 50) would give the maximum. There are no comprehensions (all, exists, map,
// filter); has() is for payload. The cost of an expression is estimated when it is compiled and bounded by MaxCost, regular expressions are
// constant.
//
// Fields: event.name, market, brand, game.{id,provider,type}, bet.{amount,amount_minor,currency},
// win.{amount,amount_minor,multiplier,currency}, round.{id,state,duration_ms}, user.{id,geo,platform,payer,kyc_level,risk_flags},
// device.{platform,asn,asn_category,headless}, payload.*. amount is in major units of its currency, amount_minor in minor units.
// win.multiplier is what the game reports, else win by stake.
//
// Functions: min and max (2 to 8 arguments), floor, ceil, round (half away from zero), log (natural), log10, sqrt, abs, clamp(x, low,
// high), double(text), size, and on texts contains, startsWith, endsWith, matches.
//
// A field that the event does not carry is never guessed: a round whose formula or filter needs it does not count. That holds for
// bet.amount when there is no stake or it is 0, for win.multiplier when it is neither reported nor computable, for round.duration_ms,
// user.payer and user.kyc_level when unset, and for payload fields that are not there. A round without a win has won 0. A text that is not
// set is empty.
//
// # Currencies
//
// A contest whose scoring names a currency counts amounts in it: bet, win and the amounts of payload (amount, bet, win, amount_minor, in
// payload.currency) are turned into whole minor units of that currency before filter and formula see them, each rounded half to even once,
// at the rate of the event's day; without rates an event in another currency does not count. bet.currency and win.currency stay what was
// sent. Without a currency amounts count as they are. Tender says which case a contest is: an expression is measured in powers of amounts,
// and what comes out as a plain number is the same in any currency.
//
// # Invariants
//
// Points are rounded half to even once, at the edge, to units of 10^-precision; |units| ≤ 2^53. A Program is immutable after Compile but
// for its Version and window, and safe for concurrent use.
package rule
