package telemetry

import (
	"encoding/binary"
	"errors"
)

// second is what was counted in one second, by one process or by several together.
type second struct {
	// at is the second, since 1970.
	at int64
	// accepted, duplicates, rejected and folded count events; lagMillis and sockets are as of the second's end.
	accepted, duplicates, rejected, folded, lagMillis, sockets int64

	latency [stageCount]counts
}

// add takes in what another process counted in the same second. The lag is that of the process that lags most.
func (s *second) add(other *second) {
	s.accepted += other.accepted
	s.duplicates += other.duplicates
	s.rejected += other.rejected
	s.folded += other.folded
	s.lagMillis = max(s.lagMillis, other.lagMillis)
	s.sockets += other.sockets
	for i := range s.latency {
		s.latency[i].add(&other.latency[i])
	}
}

// point is what is shown of the second.
func (s *second) point() point {
	shown := point{
		second: s.at, accepted: s.accepted, duplicates: s.duplicates, rejected: s.rejected, folded: s.folded, lagMillis: s.lagMillis,
		sockets: s.sockets,
	}
	for i := range s.latency {
		shown.latency[i] = s.latency[i].percentiles()
	}
	return shown
}

// numbers are the plain figures in the order in which they are written.
func (s *second) numbers() [6]*int64 {
	return [...]*int64{&s.accepted, &s.duplicates, &s.rejected, &s.folded, &s.lagMillis, &s.sockets}
}

// secondFormat begins a written second. A process that meets another one, as during an upgrade, leaves it out.
const secondFormat = 1

// errSecond says that a written second can't be read.
var errSecond = errors.New("second is malformed")

// encode writes a second without its time: the format, the numbers, and of each histogram the buckets that aren't empty as pairs of
// distance and count. A busy second has some 150 bytes.
func (s *second) encode() []byte {
	text := []byte{secondFormat}
	for _, number := range s.numbers() {
		text = binary.AppendVarint(text, *number)
	}
	for i := range s.latency {
		histogram := &s.latency[i]
		filled := uint64(0)
		for _, n := range histogram {
			filled += min(n, 1)
		}
		text = binary.AppendUvarint(text, filled)
		before := 0
		for bucket, n := range histogram {
			if n > 0 {
				text = binary.AppendUvarint(binary.AppendUvarint(text, uint64(bucket-before)), n)
				before = bucket
			}
		}
	}
	return text
}

// decode reads what encode wrote.
func (s *second) decode(text []byte) error {
	if len(text) == 0 || text[0] != secondFormat {
		return errSecond
	}
	text = text[1:]
	for _, number := range s.numbers() {
		value, length := binary.Varint(text)
		if length <= 0 {
			return errSecond
		}
		*number, text = value, text[length:]
	}
	for i := range s.latency {
		var err error
		if text, err = s.latency[i].decode(text); err != nil {
			return err
		}
	}
	if len(text) > 0 {
		return errSecond
	}
	return nil
}

// decode reads a histogram and returns what comes after it.
func (c *counts) decode(text []byte) ([]byte, error) {
	filled, length := binary.Uvarint(text)
	if length <= 0 || filled > buckets {
		return nil, errSecond
	}
	text = text[length:]
	bucket := uint64(0)
	for range filled {
		distance, length := binary.Uvarint(text)
		if length <= 0 || distance >= buckets || bucket+distance >= buckets {
			return nil, errSecond
		}
		bucket, text = bucket+distance, text[length:]
		n, length := binary.Uvarint(text)
		if length <= 0 {
			return nil, errSecond
		}
		c[bucket], text = n, text[length:]
	}
	return text, nil
}
