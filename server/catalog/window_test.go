package catalog

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/zone"
)

func TestParseWindow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ start, end, zone, wantStart, wantEnd, problem string }{
		{start: "2025-10-25T18:00Z", end: "2025-10-25T19:00Z", zone: "Europe/Kyiv", wantStart: "2025-10-25T18:00:00Z",
			wantEnd: "2025-10-25T19:00:00Z"},
		{start: "2025-10-25T18:00:30.5Z", end: "2025-10-25T22:00+03:00", wantStart: "2025-10-25T18:00:30.5Z", wantEnd: "2025-10-25T19:00:00Z"},
		{start: "2025-10-25T21:00", end: "2025-10-25T22:00:00", zone: "Europe/Kyiv", wantStart: "2025-10-25T18:00:00Z",
			wantEnd: "2025-10-25T19:00:00Z"},
		{start: "2025-11-01", end: "2025-11-30", zone: "UTC", wantStart: "2025-11-01T00:00:00Z", wantEnd: "2025-12-01T00:00:00Z"},
		{start: "2025-10-26", end: "2025-10-26", zone: "Europe/Kyiv", wantStart: "2025-10-25T21:00:00Z", wantEnd: "2025-10-26T22:00:00Z"},
		{start: "2024-02-29", end: "2024-02-29", wantStart: "2024-02-29T00:00:00Z", wantEnd: "2024-03-01T00:00:00Z"},
		{start: "2025-02-29", end: "2025-03-29", problem: `start: "2025-02-29" is not a date of the calendar between 1971 and 9998`},
		{start: "2025-10-26T03:30", end: "2025-10-27", zone: "Europe/Kyiv",
			problem: `start: "2025-10-26T03:30" happens twice in Europe/Kyiv, the clocks are set back; write 2025-10-26T03:30:00+03:00 or ` +
				`2025-10-26T03:30:00+02:00`},
		{start: "2025-03-30T03:30", end: "2025-10-27", zone: "Europe/Kyiv",
			problem: `start: "2025-03-30T03:30" does not exist in Europe/Kyiv, the clocks skip it; write 2025-03-30T02:30:00+02:00 or ` +
				`2025-03-30T04:30:00+03:00`},
		{start: "2025-03-29", end: "2025-03-30T03:30", zone: "Europe/Kyiv",
			problem: `end: "2025-03-30T03:30" does not exist in Europe/Kyiv, the clocks skip it; write 2025-03-30T02:30:00+02:00 or ` +
				`2025-03-30T04:30:00+03:00`},
		// Clocks that change at midnight: in Beirut the day begins at 01:00, in Havana 00:00 happens twice and the day begins at the first.
		{start: "2024-03-31", end: "2024-03-31", zone: "Asia/Beirut", wantStart: "2024-03-30T22:00:00Z", wantEnd: "2024-03-31T21:00:00Z"},
		{start: "2024-11-03", end: "2024-11-03", zone: "America/Havana", wantStart: "2024-11-03T04:00:00Z", wantEnd: "2024-11-04T05:00:00Z"},
		{start: "2011-12-30", end: "2011-12-31", zone: "Pacific/Apia",
			problem: `start: "2011-12-30" does not exist in Pacific/Apia, the calendar skips it`},
		{start: "2011-12-29", end: "2011-12-29", zone: "Pacific/Apia", wantStart: "2011-12-29T10:00:00Z", wantEnd: "2011-12-30T10:00:00Z"},
		{start: "2025-10-25T19:00Z", end: "2025-10-25T19:00Z",
			problem: "end: must be after the start, 2025-10-25T19:00:00Z, but is 2025-10-25T19:00:00Z"},
		{start: "25.10.2025", end: "2025-10-26", problem: `start: "25.10.2025" is not a time; ` + windowForms},
		{start: "2025-10-25T24:00", end: "2025-10-26", problem: `start: "2025-10-25T24:00" is not a time of the calendar between 1971 and 9998`},
		{start: "2025-10-25", end: "9999-10-26", problem: `end: "9999-10-26" is not a date of the calendar between 1971 and 9998`},
		{start: "2025-10-25", end: "2025-10-26", zone: "Kyiv",
			problem: `tz: "Kyiv" is not a known time zone; did you mean Europe/Kyiv? Write an IANA name such as Europe/Kyiv`},
		{start: "2025-10-25", end: "2025-10-26", zone: "Local",
			problem: `tz: "Local" is not a known time zone; write an IANA name such as Europe/Kyiv`},
		{start: "2025-10-25", end: "2025-10-26", zone: "../etc/passwd",
			problem: `tz: "../etc/passwd" is not a known time zone; write an IANA name such as Europe/Kyiv`},
	} {
		t.Run(c.start+" "+c.end+" "+c.zone, func(t *testing.T) {
			t.Parallel()
			start, end, zone, grace, err := ParseWindow(&laurelv1.Window{Start: c.start, End: c.end, Tz: c.zone})
			if c.problem != "" {
				require.EqualError(t, err, c.problem)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.wantStart, start.UTC().Format(time.RFC3339Nano))
			assert.Equal(t, c.wantEnd, end.UTC().Format(time.RFC3339Nano))
			assert.Equal(t, DefaultGrace, grace)
			if c.zone != "" {
				assert.Equal(t, c.zone, zone.String())
			}
		})
	}
}

func TestWindowGrace(t *testing.T) {
	t.Parallel()
	window := &laurelv1.Window{Start: "2025-10-25", End: "2025-10-26", GraceSeconds: proto.Int32(0)}
	_, _, _, grace, err := ParseWindow(window)
	require.NoError(t, err)
	assert.Zero(t, grace)
}

// TestLocalTimesByBruteForce looks for every instant that reads as a local time, minute by minute, and compares.
func TestLocalTimesByBruteForce(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Europe/Kyiv", "America/New_York", "Asia/Beirut", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu",
		"America/Asuncion"}
	rapid.Check(t, func(t *rapid.T) {
		within, err := zone.Load(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		// Days around the changes of clocks come up as often as all others together.
		day := time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.OneOf(
			rapid.IntRange(0, 730), rapid.SampledFrom([]int{69, 90, 82, 96, 279, 280, 300, 307}),
		).Draw(t, "day"))
		wall := day.Add(time.Duration(rapid.IntRange(0, 24*60-1).Draw(t, "minute")) * time.Minute)
		var found []time.Time
		for instant := wall.Add(-15 * time.Hour); instant.Before(wall.Add(15 * time.Hour)); instant = instant.Add(time.Minute) {
			if instant.In(within).Format(localForm) == wall.Format(localForm) {
				found = append(found, instant)
			}
		}
		got, problem := parseInstant(wall.Format("2006-01-02T15:04"), within, false)
		switch len(found) {
		case 1:
			if problem != "" || !got.Equal(found[0]) {
				t.Fatalf("%s in %s: got %s %q, want %s", wall, within, got, problem, found[0])
			}
		default:
			if problem == "" {
				t.Fatalf("%s in %s has %d readings and was taken as %s", wall, within, len(found), got)
			}
		}
	})
}

// TestDaysFollowEachOther checks that the end of a day is the start of the next one, and that a day begins and ends with its own date.
func TestDaysFollowEachOther(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Europe/Kyiv", "Asia/Beirut", "America/Havana", "America/Asuncion", "Australia/Lord_Howe"} {
		within, err := zone.Load(name)
		require.NoError(t, err)
		for day := time.Date(2023, time.January, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2025; day = day.AddDate(0, 0, 1) {
			start, problem := parseInstant(day.Format(dateForm), within, false)
			require.Empty(t, problem)
			end, problem := parseInstant(day.Format(dateForm), within, true)
			require.Empty(t, problem)
			next, problem := parseInstant(day.AddDate(0, 0, 1).Format(dateForm), within, false)
			require.Empty(t, problem)
			label := fmt.Sprintf("%s in %s", day.Format(dateForm), name)
			require.True(t, end.Equal(next), label)
			require.Equal(t, day.Day(), start.In(within).Day(), label)
			require.NotEqual(t, day.Day(), start.Add(-time.Second).In(within).Day(), label)
			require.Equal(t, day.Day(), end.Add(-time.Second).In(within).Day(), label)
		}
	}
}
