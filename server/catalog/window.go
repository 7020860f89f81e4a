package catalog

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/word"
	"github.com/laurelhq/laurel/server/zone"
)

// DefaultGrace is how long late events count when a window does not say.
const DefaultGrace = 60 * time.Second

const (
	windowForms = "write an instant such as 2025-10-25T18:00Z, a local time such as 2025-10-25T21:00, or a date such as 2025-10-25"
	localForm   = "2006-01-02T15:04:05"
	dateForm    = "2006-01-02"
	minYear     = 1971
	maxYear     = 9998
)

var (
	timeForm = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2})(:\d{2}(?:\.\d{1,6})?)?([Zz]|[+-]\d{2}:\d{2})?$`)
	dayForm  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
)

// fieldError is an error about one field of a window.
type fieldError struct {
	field   string
	message string
}

func (e *fieldError) Error() string { return e.field + ": " + e.message }

// ParseWindow returns when a contest runs: start inclusive, end exclusive, both in the window's zone, and how long after the end late
// events still count. A date alone is the start of that day, as an end the end of it. A local time that a change of clocks skips
// or repeats is refused with both readings. The error begins with the field: start, end or tz.
func ParseWindow(window *laurelv1.Window) (start, end time.Time, in *time.Location, grace time.Duration, err error) {
	refuse := func(field, message string) (time.Time, time.Time, *time.Location, time.Duration, error) {
		return time.Time{}, time.Time{}, nil, 0, &fieldError{field, message}
	}
	within, zoneErr := zone.Load(window.GetTz())
	if zoneErr != nil {
		return refuse("tz", zoneErr.Error())
	}
	start, message := parseInstant(window.GetStart(), within, false)
	if message != "" {
		return refuse("start", message)
	}
	end, message = parseInstant(window.GetEnd(), within, true)
	if message != "" {
		return refuse("end", message)
	}
	if !start.Before(end) {
		return refuse("end", fmt.Sprintf("must be after the start, %s, but is %s", start.Format(time.RFC3339), end.Format(time.RFC3339)))
	}
	grace = DefaultGrace
	if window.GraceSeconds != nil {
		grace = time.Duration(window.GetGraceSeconds()) * time.Second
	}
	return start, end, within, grace, nil
}

// parseInstant reads one end of a window; the message says what is wrong with it.
func parseInstant(text string, zone *time.Location, endOfDay bool) (time.Time, string) {
	if dayForm.MatchString(text) {
		return parseDay(text, zone, endOfDay)
	}
	match := timeForm.FindStringSubmatch(text)
	if match == nil {
		return time.Time{}, fmt.Sprintf("%s is not a time; %s", word.Quote(text), windowForms)
	}
	local, seconds, offset := strings.ToUpper(match[1]), match[2], strings.ToUpper(match[3])
	if seconds == "" {
		seconds = ":00"
	}
	if offset != "" {
		instant, err := time.Parse(time.RFC3339Nano, local+seconds+offset)
		if err != nil || !yearInRange(instant) {
			return time.Time{}, fmt.Sprintf("%s is not a time of the calendar between %d and %d", word.Quote(text), minYear, maxYear)
		}
		return instant.In(zone), ""
	}
	wall, err := time.Parse(localForm, local+seconds)
	if err != nil || !yearInRange(wall) {
		return time.Time{}, fmt.Sprintf("%s is not a time of the calendar between %d and %d", word.Quote(text), minYear, maxYear)
	}
	earlier, later := readings(wall, zone)
	switch {
	case !sameWall(earlier, wall) && !sameWall(later, wall):
		return time.Time{}, fmt.Sprintf("%s does not exist in %s, the clocks skip it; write %s or %s", word.Quote(text), zone,
			earlier.Format(time.RFC3339), later.Format(time.RFC3339))
	case sameWall(earlier, wall) && sameWall(later, wall) && !earlier.Equal(later):
		return time.Time{}, fmt.Sprintf("%s happens twice in %s, the clocks are set back; write %s or %s", word.Quote(text), zone,
			earlier.Format(time.RFC3339), later.Format(time.RFC3339))
	case sameWall(earlier, wall):
		return earlier, ""
	default:
		return later, ""
	}
}

// parseDay returns the first instant of a local day, or of the day after it.
func parseDay(text string, zone *time.Location, endOfDay bool) (time.Time, string) {
	wall, err := time.Parse(dateForm, text)
	if err != nil || !yearInRange(wall) {
		return time.Time{}, fmt.Sprintf("%s is not a date of the calendar between %d and %d", word.Quote(text), minYear, maxYear)
	}
	first := firstInstant(wall, zone)
	if first.Day() != wall.Day() {
		return time.Time{}, fmt.Sprintf("%s does not exist in %s, the calendar skips it", word.Quote(text), zone)
	}
	if !endOfDay {
		return first, ""
	}
	return firstInstant(wall.AddDate(0, 0, 1), zone), ""
}

// firstInstant is when a local day begins, also where the change of clocks skips or repeats midnight.
func firstInstant(midnight time.Time, zone *time.Location) time.Time {
	earlier, later := readings(midnight, zone)
	switch {
	case sameWall(earlier, midnight):
		return earlier
	case sameWall(later, midnight):
		return later
	default:
		return later // midnight is skipped: read by the offset before the change it is the instant of the change
	}
}

// readings are the instants that a wall clock time, given in UTC, may mean: by the offset valid a day before it and by the one a day
// after it. They are equal when no clocks change around it. The earlier instant comes first.
func readings(wall time.Time, zone *time.Location) (earlier, later time.Time) {
	const day = 24 * time.Hour
	_, before := wall.Add(-day).In(zone).Zone()
	_, after := wall.Add(day).In(zone).Zone()
	a := wall.Add(-time.Duration(before) * time.Second).In(zone)
	b := wall.Add(-time.Duration(after) * time.Second).In(zone)
	if b.Before(a) {
		return b, a
	}
	return a, b
}

// sameWall reports whether an instant reads as the wall clock time.
func sameWall(instant, wall time.Time) bool {
	_, offset := instant.Zone()
	return instant.Add(time.Duration(offset) * time.Second).Equal(wall)
}

func yearInRange(instant time.Time) bool {
	return instant.Year() >= minYear && instant.Year() <= maxYear
}
