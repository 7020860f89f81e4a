package mapping

import (
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/laurelhq/laurel/server/zone"
)

// zonedReadings are CEL's functions that read a part of a time in a time zone, by the names of their overloads.
var zonedReadings = map[string]string{
	overloads.TimestampToYearWithTz:                overloads.TimeGetFullYear,
	overloads.TimestampToMonthWithTz:               overloads.TimeGetMonth,
	overloads.TimestampToDayOfYearWithTz:           overloads.TimeGetDayOfYear,
	overloads.TimestampToDayOfMonthZeroBasedWithTz: overloads.TimeGetDayOfMonth,
	overloads.TimestampToDayOfMonthOneBasedWithTz:  overloads.TimeGetDate,
	overloads.TimestampToDayOfWeekWithTz:           overloads.TimeGetDayOfWeek,
	overloads.TimestampToHoursWithTz:               overloads.TimeGetHours,
	overloads.TimestampToMinutesWithTz:             overloads.TimeGetMinutes,
	overloads.TimestampToSecondsWithTz:             overloads.TimeGetSeconds,
	overloads.TimestampToMillisecondsWithTz:        overloads.TimeGetMilliseconds,
}

// zoned has those functions take their zones from package zone: CEL's own look for them on the machine, which may know others, or other
// rules.
func zoned() []cel.EnvOption {
	var options []cel.EnvOption
	for overload, function := range zonedReadings {
		options = append(options, cel.Function(function, cel.MemberOverload(overload, []*cel.Type{cel.TimestampType, cel.StringType},
			cel.IntType, cel.BinaryBinding(func(at, tz ref.Val) ref.Val { return readIn(function, overload, at, tz) }))))
	}
	return options
}

// readIn reads a part of a time in a zone of the IANA list, or at an offset such as +02:00, which needs no list.
func readIn(function, overload string, at, tz ref.Val) ref.Val {
	instant, isTime := at.(types.Timestamp)
	name, isText := tz.(types.String)
	switch {
	case !isTime || !isText:
		return types.MaybeNoSuchOverloadErr(at)
	case strings.Contains(string(name), ":"):
		return instant.Receive(function, overload, []ref.Val{tz})
	}
	within, err := zone.Load(string(name))
	if err != nil {
		return types.NewErr("%s: %s", function, err)
	}
	wall := instant.In(within)
	_, offset := wall.Zone()
	shown := types.Timestamp{Time: wall.Add(time.Duration(offset) * time.Second).UTC()}
	return shown.Receive(function, overload, nil)
}
