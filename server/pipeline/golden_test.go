package pipeline_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"flag"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/pipeline"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestShippedRulesFoldToTheSameBytes folds seeded events, in currencies with and without cents and with wins in another one than the stake,
// and the invoices of the real data by all definitions that ship. Standings are compared byte by byte with those kept in testdata.
func TestShippedRulesFoldToTheSameBytes(t *testing.T) {
	t.Parallel()
	contests := shippedContests(t)
	require.GreaterOrEqual(t, len(contests), 6)
	registry, err := event.NewRegistry()
	require.NoError(t, err)
	events := invoices(t)
	for i, c := range contests {
		events = append(events, seededEvents(uint64(i), c)...)
	}
	program, cache := pipeline.NewProgram(contest.SetOf(nil, contests...)), fold.NewCache(0)
	scratch := fold.NewScratch(&pipeline.Tables, cache)
	for i, e := range events {
		require.Nil(t, registry.Normalise(e, time.Time{}, -1), "event %d", i)
		place := fold.Place{Partition: 0, Seq: int64(i + 1)}
		folded := fold.Event{Event: e, Place: place, Cause: place, TsMicros: event.TsMicros(e)}
		program.Need(&folded, scratch)
		require.NoError(t, scratch.Load(t.Context(), nil))
		scratch.Begin()
		require.NoError(t, program.Fold(&folded, scratch, &fold.Effects{}))
		scratch.Adopt()
	}
	path := filepath.Join("testdata", "shipped.golden")
	got := digestOf(cache)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

// digestOf is a line for each contest: how many players have points, their points together, and the hash of their standings as they are
// stored.
func digestOf(cache *fold.Cache) string {
	players := map[string]map[string][]byte{}
	points := map[string]int64{}
	for row := range cache.All() {
		if row.Table != fold.Standing || row.Seq == 0 {
			continue
		}
		if players[row.Definition] == nil {
			players[row.Definition] = map[string][]byte{}
		}
		standing := contest.Of(row)
		players[row.Definition][row.Subject] = append(standing.AppendBinary(nil), standing.Tie...)
		points[row.Definition] += standing.Units
	}
	var text strings.Builder
	for _, id := range slices.Sorted(maps.Keys(players)) {
		sum := sha256.New()
		for _, user := range slices.Sorted(maps.Keys(players[id])) {
			fmt.Fprintf(sum, "%q %x\n", user, players[id][user])
		}
		fmt.Fprintf(&text, "%s %d players %d units %s\n", id, len(players[id]), points[id], hex.EncodeToString(sum.Sum(nil)))
	}
	return text.String()
}

// seededEvents are rounds and purchases within the window and the scope of a contest, and some outside.
func seededEvents(seed uint64, c *contest.Live) []*laurelv1.Event {
	const count, users = 1500, 40
	random := rand.New(rand.NewPCG(seed, 17))
	pick := func(scope []string, others ...string) string {
		all := append(slices.Clone(scope), others...)
		return all[random.IntN(len(all))]
	}
	currencies := []string{"EUR", "EUR", "EUR", "JPY", "KWD", "USD"}
	events := make([]*laurelv1.Event, count)
	for i := range events {
		duration := int64(random.IntN(4000))
		e := &laurelv1.Event{
			EventId: fmt.Sprintf("%s-%d", c.ID, i), Name: []string{"round_end", "spin", "purchase"}[random.IntN(3)],
			EventTs: timestamppb.New(time.UnixMicro(c.Start - 1_000_000 + random.Int64N(c.End-c.Start+2_000_000))),
			User:    &laurelv1.User{Id: "u_" + strconv.Itoa(random.IntN(users))}, Market: pick(c.Markets, "DE"), Brand: pick(c.Brands, "X"),
			Game:  &laurelv1.Game{Id: "g_77", Provider: []string{"PragmaticPlay", "Evolution"}[random.IntN(2)]},
			Bet:   &laurelv1.Bet{AmountMinor: random.Int64N(2000), Currency: pick(currencies)},
			Win:   &laurelv1.Win{AmountMinor: random.Int64N(50_000)},
			Round: &laurelv1.Round{Id: strconv.Itoa(i), State: "ended", DurationMs: &duration},
		}
		if random.IntN(10) == 0 {
			e.Win.Currency = pick(currencies)
		}
		if e.Name == "purchase" {
			e.Payload = &structpb.Struct{Fields: map[string]*structpb.Value{
				"amount": structpb.NewNumberValue(float64(random.IntN(100_000)-1000) / 100), "currency": structpb.NewStringValue(pick(currencies)),
			}}
		}
		events[i] = e
	}
	return events
}

// invoices are the invoices of the sample of real data, each a purchase.
func invoices(t *testing.T) []*laurelv1.Event {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "rules", "online-retail", "sample.csv"))
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	records, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	var events []*laurelv1.Event
	amount := new(big.Rat)
	for _, row := range records[1:] {
		if row[6] == "" || strings.HasPrefix(row[0], "C") {
			continue
		}
		if len(events) == 0 || events[len(events)-1].EventId != "retail-"+row[0] {
			at, err := time.Parse(time.DateTime, row[4])
			require.NoError(t, err)
			amount = new(big.Rat)
			events = append(events, &laurelv1.Event{
				EventId: "retail-" + row[0], Name: "purchase", EventTs: timestamppb.New(at), User: &laurelv1.User{Id: strings.TrimSuffix(row[6], ".0")},
				Payload: &structpb.Struct{Fields: map[string]*structpb.Value{"currency": structpb.NewStringValue("GBP")}},
			})
		}
		quantity, ok := new(big.Rat).SetString(row[3])
		require.True(t, ok, row[3])
		price, ok := new(big.Rat).SetString(row[5])
		require.True(t, ok, row[5])
		sum, _ := amount.Add(amount, quantity.Mul(quantity, price)).Float64()
		events[len(events)-1].Payload.Fields["amount"] = structpb.NewNumberValue(sum)
	}
	return events
}
