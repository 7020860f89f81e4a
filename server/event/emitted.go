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

// NameRankObserved is the name of the events that RankObserved makes.
const NameRankObserved = "rank_observed"

// EmittedID is the natural id of an event that Laurel emits: the same for the same cause (an event's id, or empty), definition (its id, or empty) and target
// (whom or what it is for), so that a repeat is a duplicate. It is 39 bytes long.
func EmittedID(cause, definition, target string) string {
	var parts []byte
	for _, part := range [...]string{cause, definition, target} {
		parts = append(binary.AppendUvarint(parts, uint64(len(part))), part...)
	}
	sum := sha256.Sum256(parts)
	return ReservedPrefix + hex.EncodeToString(sum[:emittedIDBytes])
}

// Reserved reports whether an id is of the kind that only emitted events have.
func Reserved(id string) bool { return strings.HasPrefix(id, ReservedPrefix) }

// RankObserved is the event that says which place a player has on a numbered snapshot of a contest's board, places from 1, taken at a time that is cut to
// microseconds. units are the score in units of 10^-precision points, within ±2^53, so that the payload holds them exactly. market and brand are empty when
// the contest has several. The event is fit for the journal as it is.
func RankObserved(contestID string, snapshot, place, units int64, userID, market, brand string, at time.Time) *laurelv1.Event {
	return &laurelv1.Event{
		EventId: EmittedID("", contestID, fmt.Sprintf("snapshot/%d/place/%d", snapshot, place)), Origin: &laurelv1.Origin{Definition: contestID, Depth: 1},
		Name: NameRankObserved, SchemaVersion: rankObservedVersion, EventTs: timestamppb.New(at.Truncate(time.Microsecond)),
		User: &laurelv1.User{Id: userID}, Market: market, Brand: brand,
		Payload: &structpb.Struct{Fields: map[string]*structpb.Value{
			"contest_id": structpb.NewStringValue(contestID), "snapshot": structpb.NewNumberValue(float64(snapshot)),
			"place": structpb.NewNumberValue(float64(place)), "units": structpb.NewNumberValue(float64(units)),
		}},
	}
}
