package event

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/zeebo/xxh3"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// The sources that are no key's own: that of a key which names none, as people write it, and that of emitted events.
const (
	SourceMain   = "main"
	SourceLaurel = "laurel"
)

// historySuffix ends the sources of history. No key's own source has a dot in it.
const historySuffix = ".history"

// HistoryOf is the source under which the history of a key's source is imported. Its identities are known for good, so its events may be of
// any age.
func HistoryOf(source string) string { return cmp.Or(source, SourceMain) + historySuffix }

// IsHistory reports whether a source is one that HistoryOf made.
func IsHistory(source string) bool { return strings.HasSuffix(source, historySuffix) }

// TsMicros returns when the event happened, in microseconds since 1970; 0 without event_ts.
func TsMicros(e *laurelv1.Event) int64 {
	return micros(e.GetEventTs())
}

func micros(ts *timestamppb.Timestamp) int64 {
	return ts.GetSeconds()*1_000_000 + int64(ts.GetNanos())/1_000
}

// ContentHash identifies what a normalised event says: xxh3-128 of its encoding. Two events with the same identity and hash are the same
// event sent twice. It panics on an event that did not pass Normalise and holds text that is no UTF-8.
func ContentHash(e *laurelv1.Event) [16]byte {
	_, hash := Content(nil, e)
	return hash
}

// An event is stored in an envelope: one byte for the codec, the id of the key that its personal part is encrypted with, how long its facts
// are, then its facts and its personal part, each as deterministic protobuf of laurel.v1.Event. One is the continuation of the other: the
// encodings of two parts of a message behind each other are the encoding of the whole. The table of fields says what is personal: the
// device with its address and fingerprint, what the sender adds freely, and what is known of the players of an event of several.
const (
	codecProto = 1
	// keyNone says that the personal part is not encrypted.
	keyNone = 0
	// BytesBeforeID bounds what stands before the id in a stored event: the envelope, and the id's field number and length, of two bytes at
	// most.
	BytesBeforeID = 1 + 2*binary.MaxVarintLen64 + 1 + 2
)

// Content appends a normalised event as the journal stores it, without ingest_ts, to dst, and returns it with the xxh3-128 hash of what it
// says. It reads e only. It panics as ContentHash does.
func Content(dst []byte, e *laurelv1.Event) ([]byte, [16]byte) {
	scratch, _ := scratches.Get().(*[]byte)
	whole, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend((*scratch)[:0], e)
	if err != nil {
		panic(fmt.Sprintf("encode event %q: %s", e.GetEventId(), err))
	}
	var room [8]run
	runs := runsOf(whole, room[:0])
	length := 0
	for _, run := range runs {
		if run.kept == facts {
			length += run.end - run.start
		}
	}
	dst = append(dst, codecProto, keyNone)
	dst = binary.AppendUvarint(dst, uint64(length))
	start := len(dst)
	for _, kept := range [...]part{facts, personal} {
		for _, run := range runs {
			if run.kept == kept {
				dst = append(dst, whole[run.start:run.end]...)
			}
		}
	}
	if cap(whole) <= maxScratch {
		*scratch = whole
		scratches.Put(scratch)
	}
	return dst, xxh3.Hash128(dst[start:]).Bytes()
}

// maxScratch bounds the buffers that are kept for the next event, in bytes.
const maxScratch = 64 << 10

var scratches = sync.Pool{New: func() any { return new([]byte) }}

// run is a stretch of an encoded event whose fields the journal has in the same part.
type run struct {
	kept       part
	start, end int
}

// runsOf appends the runs of an encoded event to those given.
func runsOf(whole []byte, runs []run) []run {
	for at := 0; at < len(whole); {
		number, kind, size := protowire.ConsumeTag(whole[at:])
		size += protowire.ConsumeFieldValue(number, kind, whole[at+size:])
		kept := contract.keptAt(number)
		if last := len(runs) - 1; last >= 0 && runs[last].kept == kept {
			runs[last].end += size
		} else {
			runs = append(runs, run{kept, at, at + size})
		}
		at += size
	}
	return runs
}

// HasIDPrefix reports whether the id of a stored event begins with some text, for one that can be decoded.
func HasIDPrefix(stored []byte, prefix string) bool {
	e, err := Decode(stored)
	return err == nil && strings.HasPrefix(e.GetEventId(), prefix)
}

var errEnvelope = errors.New("the stored event is cut short")

// Decode reads what Content wrote. Of one that is damaged behind its id it returns what could be read, beside the error.
func Decode(stored []byte) (*laurelv1.Event, error) {
	if len(stored) < 1 {
		return nil, errEnvelope
	}
	if stored[0] != codecProto {
		return nil, fmt.Errorf("the stored event has codec %d, want %d", stored[0], codecProto)
	}
	key, n := binary.Uvarint(stored[1:])
	if n <= 0 {
		return nil, errEnvelope
	}
	if key != keyNone {
		return nil, fmt.Errorf("the stored event is encrypted with key %d, which is not known", key)
	}
	facts, m := binary.Uvarint(stored[1+n:])
	body := stored[1+n+max(m, 0):]
	if m <= 0 || facts > uint64(len(body)) {
		return nil, errEnvelope
	}
	e := &laurelv1.Event{}
	return e, proto.Unmarshal(body, e)
}
