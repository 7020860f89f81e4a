package load

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// round is one round of a player under load.
type played struct {
	eventID string
	userID  string
	at      time.Time
	// betMinor and winMinor are in euro cents.
	betMinor, winMinor int64
}

// callBody builds the body of one call in buffers that it uses again: building messages and encoding them would cost the
// generator more than the network does.
type callBody struct {
	body  []byte
	event []byte
	inner []byte
}

func (b *callBody) reset() { b.body = b.body[:0] }

// add appends a round to the IngestRequest. The field numbers are those of event.proto; a test decodes what is built here.
func (b *callBody) add(r played) {
	e := b.event[:0]
	e = appendText(e, 1, r.eventID)
	e = appendText(e, 2, "round_end")
	e = appendText(e, 3, "1.0.0")
	inner := appendNumber(b.inner[:0], 1, r.at.Unix())
	inner = appendNumber(inner, 2, int64(r.at.Nanosecond()/1000*1000))
	e = appendMessage(e, 4, inner)
	inner = appendText(inner[:0], 1, r.userID)
	inner = appendText(inner, 2, "DE")
	inner = appendText(inner, 3, "web")
	e = appendMessage(e, 6, inner)
	e = appendText(e, 7, "DE")
	e = appendText(e, 8, "X")
	inner = appendText(inner[:0], 1, "g_77")
	inner = appendText(inner, 2, "PragmaticPlay")
	inner = appendText(inner, 3, "slots")
	e = appendMessage(e, 9, inner)
	inner = appendNumber(inner[:0], 1, r.betMinor)
	inner = appendText(inner, 2, "EUR")
	e = appendMessage(e, 10, inner)
	inner = appendNumber(inner[:0], 1, r.winMinor)
	inner = appendText(inner, 2, "EUR")
	inner = protowire.AppendTag(inner, 3, protowire.Fixed64Type)
	inner = binary.LittleEndian.AppendUint64(inner, math.Float64bits(min(float64(r.winMinor)/float64(r.betMinor), 1e9)))
	e = appendMessage(e, 11, inner)
	inner = appendText(inner[:0], 1, r.eventID)
	inner = appendText(inner, 2, "ended")
	inner = appendNumber(inner, 3, 2400)
	e = appendMessage(e, 12, inner)
	inner = appendText(inner[:0], 1, "mobile")
	inner = appendText(inner, 3, "isp")
	e = appendMessage(e, 13, inner)
	b.event, b.inner = e, inner
	b.body = appendMessage(b.body, 1, e)
}

func appendText(into []byte, field protowire.Number, text string) []byte {
	return protowire.AppendString(protowire.AppendTag(into, field, protowire.BytesType), text)
}

func appendMessage(into []byte, field protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(into, field, protowire.BytesType), message)
}

func appendNumber(into []byte, field protowire.Number, number int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(into, field, protowire.VarintType), uint64(number))
}

// fill makes a batch of random rounds: one in three wins, small wins more often than big ones, never more than fifty times the stake.
func (b *callBody) fill(random *rand.Rand, prefix string, first, count, players int, at time.Time) {
	b.reset()
	for i := range count {
		bet := int64(50 * (1 + random.IntN(8)))
		win := int64(0)
		if random.IntN(3) == 0 {
			win = int64(float64(bet) * min(50, 1.7*random.ExpFloat64()))
		}
		b.add(played{
			eventID: prefix + strconv.Itoa(first+i), userID: "load_" + strconv.Itoa(random.IntN(players)), at: at, betMinor: bet, winMinor: win,
		})
	}
}
