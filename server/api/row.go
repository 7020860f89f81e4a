package api

import (
	"strconv"
	"strings"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/identity"
)

// show writes a row for a caller. This file is the only place that writes a user id into an answer about a board.
func show(caller identity.Caller, row placed) *laurelv1.LeaderboardRow {
	shown := &laurelv1.LeaderboardRow{Place: row.Place, PlayerKey: row.Key, Name: row.Name, Units: row.Units}
	if caller.Sees(row.UserID) {
		shown.UserId = row.UserID
	}
	return shown
}

func showAll(caller identity.Caller, rows []placed) []*laurelv1.LeaderboardRow {
	shown := make([]*laurelv1.LeaderboardRow, len(rows))
	for i, row := range rows {
		shown[i] = show(caller, row)
	}
	return shown
}

// restRow is a row in REST answers.
type restRow struct {
	Pos   int64   `json:"pos"`
	User  string  `json:"user"`
	Name  string  `json:"name"`
	Score decimal `json:"score"`
}

// restRows writes rows for a caller; user is the user id where he may see it, else the player's key.
func restRows(caller identity.Caller, rows []placed, precision int32) []restRow {
	written := make([]restRow, len(rows))
	for i, row := range rows {
		written[i] = restRow{Pos: row.Place, User: restUser(caller, row), Name: row.Name, Score: decimalOf(row.Units, precision)}
	}
	return written
}

func restUser(caller identity.Caller, row placed) string {
	if caller.Sees(row.UserID) {
		return row.UserID
	}
	return row.Key
}

// decimal is an exact number in JSON.
type decimal string

// MarshalJSON implements json.Marshaler.
func (d decimal) MarshalJSON() ([]byte, error) { return []byte(d), nil }

// decimalOf writes units of 10^-precision as a decimal number without trailing zeros. It never passes through a float.
func decimalOf(units int64, precision int32) decimal {
	sign, digits := "", strconv.FormatInt(units, 10)
	if units < 0 {
		sign, digits = "-", digits[1:]
	}
	if precision <= 0 {
		return decimal(sign + digits)
	}
	if missing := int(precision) + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole, fraction := digits[:len(digits)-int(precision)], strings.TrimRight(digits[len(digits)-int(precision):], "0")
	if fraction == "" {
		return decimal(sign + whole)
	}
	return decimal(sign + whole + "." + fraction)
}
