package contest

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/rule"
)

// codecVersion is the first byte of an encoded standing.
const codecVersion = 1

var errTruncated = errors.New("encoded standing is cut short")

// AppendBinary implements fold.State: version, the totals, then the kept rounds and the stamps, each as differences
// to the one before in variable-length integers.
func (s *Standing) AppendBinary(b []byte) []byte {
	b = append(b, codecVersion)
	for _, v := range [...]int64{s.Units, s.Rounds, s.MultiplierMicros, s.DurationMillis, s.FinishMicros, int64(len(s.Kept)),
		int64(len(s.Stamps))} {
		b = binary.AppendVarint(b, v)
	}
	var before rule.Round
	for _, r := range s.Kept {
		b = binary.AppendVarint(b, r.Units-before.Units)
		b = binary.AppendVarint(b, r.MultiplierMicros)
		b = binary.AppendVarint(b, r.DurationMillis)
		b = binary.AppendVarint(b, r.TsMicros-before.TsMicros)
		b = binary.AppendVarint(b, r.Seq-before.Seq)
		before = r
	}
	last := int64(0)
	for _, stamp := range s.Stamps {
		b = binary.AppendVarint(b, stamp-last)
		last = stamp
	}
	return b
}

// decoder reads variable-length integers and remembers when they ran out.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) next() int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// UnmarshalStanding reads what AppendBinary wrote. Older versions of Laurel counted rounds that are not among those that make up the score;
// here they don't.
func UnmarshalStanding(b []byte) (*Standing, error) {
	if len(b) == 0 {
		return nil, errTruncated
	}
	switch b[0] {
	case codecVersion:
	case codecVersion + 1:
		return nil, fmt.Errorf("encoded standing has version %d, want %d: %w", b[0], codecVersion, fold.ErrNewer)
	default:
		return nil, fmt.Errorf("encoded standing has version %d, want %d", b[0], codecVersion)
	}
	d := &decoder{rest: b[1:]}
	s := &Standing{Units: d.next(), Rounds: d.next(), MultiplierMicros: d.next(), DurationMillis: d.next(), FinishMicros: d.next()}
	kept, stamps := d.next(), d.next()
	if d.bad || kept < 0 || stamps < 0 || kept > int64(len(d.rest)) || stamps > int64(len(d.rest)) {
		return nil, errTruncated
	}
	if kept > 0 {
		if s.Rounds > kept {
			s.Counted = s.Rounds
		}
		s.Rounds, s.Kept = kept, make([]rule.Round, kept)
	}
	var before rule.Round
	for i := range s.Kept {
		s.Kept[i] = rule.Round{
			Units: before.Units + d.next(), MultiplierMicros: d.next(), DurationMillis: d.next(),
			TsMicros: before.TsMicros + d.next(), Seq: before.Seq + d.next(),
		}
		before = s.Kept[i]
	}
	if stamps > 0 {
		s.Stamps = make([]int64, stamps)
	}
	last := int64(0)
	for i := range s.Stamps {
		last += d.next()
		s.Stamps[i] = last
	}
	if d.bad || len(d.rest) > 0 {
		return nil, errTruncated
	}
	return s, nil
}
