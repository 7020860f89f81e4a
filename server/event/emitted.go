package event

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// MaxDepth bounds a chain of emitted events: one whose origin.depth would be higher is not emitted.
const MaxDepth = 8

const (
	// ReservedPrefix begins the ids of emitted events and of no others, so that no sender can take one beforehand.
	ReservedPrefix = "laurel:"
	// emittedIDBytes is how much of the SHA-256 an id keeps: at 128 bits nobody finds two emitted events with one id.
	emittedIDBytes = 16
	// rankObservedVersion is the newest version of NameRankObserved in schemas.yaml.
	rankObservedVersion = "1.0.0"
)

// NameRankObserved is the name of the events that tell of observations.
const NameRankObserved = "rank_observed"

// EmittedID is the natural id of an event that Laurel emits: the same for the same cause (an event, or nil), definition (its id, or empty)
// and target (whom or what it is for), so that a repeat is a duplicate. It is 39 bytes long.
func EmittedID(cause *laurelv1.Event, definition, target string) string {
	texts := []string{cause.GetEventId(), definition, target}
	if source := cause.GetSource(); source != "" {
		texts = append(texts, source)
	}
	var parts []byte
	for _, part := range texts {
		parts = append(binary.AppendUvarint(parts, uint64(len(part))), part...)
	}
	sum := sha256.Sum256(parts)
	return ReservedPrefix + hex.EncodeToString(sum[:emittedIDBytes])
}

// Reserved reports whether an id is of the kind that only emitted events have.
func Reserved(id string) bool { return strings.HasPrefix(id, ReservedPrefix) }

// Observation is a player's place on a numbered snapshot of a contest's board.
type Observation struct {
	ContestID, UserID string
	// Snapshot is the snapshot's number; Place counts from 1; Units are the score in units of 10^-precision points, within ±2^53, so that a
	// payload holds them exactly.
	Snapshot, Place, Units int64
	// Market and Brand are those of the contest, empty when it has several.
	Market, Brand string
	// At is when the snapshot was taken; the event has it in microseconds.
	At time.Time
}

// Event is the event that tells of the observation, fit for the journal as it is.
func (o Observation) Event() *laurelv1.Event {
	return &laurelv1.Event{
		EventId: EmittedID(nil, o.ContestID, fmt.Sprintf("snapshot/%d/place/%d", o.Snapshot, o.Place)), Source: SourceLaurel,
		Origin: &laurelv1.Origin{Definition: o.ContestID, Depth: 1},
		Name:   NameRankObserved, SchemaVersion: rankObservedVersion, EventTs: timestamppb.New(o.At.Truncate(time.Microsecond)),
		User: &laurelv1.User{Id: o.UserID}, Market: o.Market, Brand: o.Brand,
		Payload: &structpb.Struct{Fields: map[string]*structpb.Value{
			"contest_id": structpb.NewStringValue(o.ContestID), "snapshot": structpb.NewNumberValue(float64(o.Snapshot)),
			"place": structpb.NewNumberValue(float64(o.Place)), "units": structpb.NewNumberValue(float64(o.Units)),
		}},
	}
}
