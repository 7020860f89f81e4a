package event_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

// benched runs a benchmark on each of the example events, as it is sent and as the journal gets it.
func benched(b *testing.B, run func(b *testing.B, body []byte, e *laurelv1.Event)) {
	b.Helper()
	for _, name := range []string{"game", "wallet"} {
		body := example(b, "event-"+name+".json")
		e := decodeOne(b, string(body))
		require.Nil(b, registry(b).Normalise(e, now, futureLimit))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			run(b, body, e)
		})
	}
}

func BenchmarkDecodeJSON(b *testing.B) {
	benched(b, func(b *testing.B, body []byte, _ *laurelv1.Event) {
		for b.Loop() {
			_, _, _ = event.DecodeJSON(body)
		}
	})
}

func BenchmarkNormalise(b *testing.B) {
	r := registry(b)
	benched(b, func(b *testing.B, _ []byte, e *laurelv1.Event) {
		for b.Loop() {
			if r.Normalise(e, now, futureLimit) != nil {
				b.Fatal("refused")
			}
		}
	})
}

func BenchmarkContent(b *testing.B) {
	buffer := make([]byte, 0, 1024)
	benched(b, func(b *testing.B, _ []byte, e *laurelv1.Event) {
		for b.Loop() {
			event.Content(buffer, e)
		}
	})
}

// BenchmarkWayIn reads, checks and encodes, as the door does with each event.
func BenchmarkWayIn(b *testing.B) {
	r := registry(b)
	buffer := make([]byte, 0, 1024)
	benched(b, func(b *testing.B, body []byte, _ *laurelv1.Event) {
		for b.Loop() {
			results, _, _ := event.DecodeJSON(body)
			e := results[0].Event
			if r.Normalise(e, now, futureLimit) != nil {
				b.Fatal("refused")
			}
			event.Content(buffer, e)
		}
	})
}

func BenchmarkDeliver(b *testing.B) {
	e := proto.CloneOf(match())
	require.Nil(b, registry(b).Normalise(e, now, futureLimit))
	b.ReportAllocs()
	for b.Loop() {
		event.Deliver(e, 1)
	}
}
