package player

import (
	"encoding/binary"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/laurelhq/laurel/server/fold"
)

// SeenStep is how exactly it is kept when a player was first and last seen: times are cut to whole steps.
const SeenStep = 10 * time.Minute

// Profile is what events have told of a player. A fact that no event has told yet is unset.
type Profile struct {
	// FirstSeen and LastSeen are the times of his earliest and latest event, cut to SeenStep, in microseconds since 1970; 0 before the first.
	FirstSeen, LastSeen int64
	// Market and Platform are those of the latest event that told one; of two within a SeenStep the one that was folded last counts. Empty
	// means unset.
	Market, Platform string
	// Payer is whether he has ever paid, KYCLevel his know-your-customer level.
	Payer    Flag
	KYCLevel Level
	// MarketAt and PlatformAt, cut to SeenStep, and PayerAt and KYCAt, which rules ask for, are the times of the latest events that told them,
	// in microseconds: an event from before does not overrule a later one.
	MarketAt, PlatformAt, PayerAt, KYCAt int64
}

// Flag is yes, no, or unset.
type Flag uint8

// The flags.
const (
	Unset Flag = iota
	No
	Yes
)

// Level is a KYC level plus one; 0 means unset.
type Level uint8

// Need names the page of an event's player.
func Need(e *fold.Event, s *fold.Scratch) { s.Want(key(e), e.Partition) }

// Fold takes what an event tells of its player into his profile, and fills in what the event does not say of him.
func Fold(e *fold.Event, s *fold.Scratch) {
	k := key(e)
	page, _ := s.Get(k).State.(*Page)
	told := page.Profile.tell(e)
	if told != page.Profile {
		row := s.Edit(k)
		row.Seq = e.Seq
		page, _ = row.State.(*Page)
		page.Profile = told
	}
	told.fill(e)
}

func key(e *fold.Event) fold.Key { return fold.Key{Table: fold.PlayerPage, Subject: e.UserID()} }

// tell returns the profile after an event. What Laurel says of a player by itself, such as his place on a board, is nothing that he did.
func (p Profile) tell(e *fold.Event) Profile {
	if e.GetOrigin().GetDefinition() != "" {
		return p
	}
	seen := e.TsMicros - e.TsMicros%SeenStep.Microseconds()
	if p.FirstSeen == 0 || seen < p.FirstSeen {
		p.FirstSeen = seen
	}
	p.LastSeen = max(p.LastSeen, seen)
	if market := e.GetMarket(); market != "" && seen >= p.MarketAt {
		p.Market, p.MarketAt = market, seen
	}
	if platform := e.GetUser().GetPlatform(); platform != "" && seen >= p.PlatformAt {
		p.Platform, p.PlatformAt = platform, seen
	}
	if e.Told.Payer != nil && e.TsMicros >= p.PayerAt {
		p.Payer, p.PayerAt = No, e.TsMicros
		if *e.Told.Payer {
			p.Payer = Yes
		}
	}
	if e.Told.KYCLevel != nil && e.TsMicros >= p.KYCAt {
		p.KYCLevel, p.KYCAt = Level(*e.Told.KYCLevel+1), e.TsMicros
	}
	return p
}

// fill gives the event the facts that it lacks, whatever a fold before this one gave it.
func (p *Profile) fill(e *fold.Event) {
	user := e.GetUser()
	user.Payer, user.KycLevel = e.Told.Payer, e.Told.KYCLevel
	if user.Payer == nil && p.Payer != Unset {
		user.Payer = proto.Bool(p.Payer == Yes)
	}
	if user.KycLevel == nil && p.KYCLevel != 0 {
		user.KycLevel = proto.Int32(int32(p.KYCLevel) - 1)
	}
}

func (p *Profile) appendBinary(b []byte) []byte {
	for _, v := range [...]int64{p.FirstSeen, p.LastSeen, p.MarketAt, p.PlatformAt, p.PayerAt, p.KYCAt} {
		b = binary.AppendVarint(b, v)
	}
	b = append(b, byte(p.Payer), byte(p.KYCLevel))
	for _, text := range [...]string{p.Market, p.Platform} {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	return b
}

func (p *Profile) unmarshal(b []byte) error {
	for _, into := range [...]*int64{&p.FirstSeen, &p.LastSeen, &p.MarketAt, &p.PlatformAt, &p.PayerAt, &p.KYCAt} {
		v, n := binary.Varint(b)
		if n <= 0 {
			return errTruncated
		}
		*into, b = v, b[n:]
	}
	if len(b) < 2 || b[0] > byte(Yes) {
		return errTruncated
	}
	p.Payer, p.KYCLevel, b = Flag(b[0]), Level(b[1]), b[2:]
	for _, into := range [...]*string{&p.Market, &p.Platform} {
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) {
			return errTruncated
		}
		*into, b = string(b[n:n+int(length)]), b[n+int(length):]
	}
	if len(b) > 0 {
		return errTruncated
	}
	return nil
}
