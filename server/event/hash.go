package event

import (
	"fmt"

	"github.com/zeebo/xxh3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// TsMicros returns when the event happened, in microseconds since 1970; 0 without event_ts.
func TsMicros(e *laurelv1.Event) int64 {
	return micros(e.GetEventTs())
}

func micros(ts *timestamppb.Timestamp) int64 {
	return ts.GetSeconds()*1_000_000 + int64(ts.GetNanos())/1_000
}

// ContentHash identifies what a normalised event says: xxh3-128 over Content. Two events with the same id and hash are the same
// event sent twice. It panics on an event that did not pass Normalise and holds text that is no UTF-8.
func ContentHash(e *laurelv1.Event) [16]byte {
	_, hash := Content(nil, e)
	return hash
}

// Content appends the deterministic protobuf encoding of a normalised event without ingest_ts to dst, and returns it with its
// xxh3-128 hash, for callers that store the bytes as well. It reads e only. It panics as ContentHash does.
func Content(dst []byte, e *laurelv1.Event) ([]byte, [16]byte) {
	if e.GetIngestTs() != nil {
		e = proto.CloneOf(e) // others may be reading e
		e.IngestTs = nil
	}
	start := len(dst)
	dst, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(dst, e)
	if err != nil {
		panic(fmt.Sprintf("encode event %q: %s", e.GetEventId(), err))
	}
	return dst, xxh3.Hash128(dst[start:]).Bytes()
}
