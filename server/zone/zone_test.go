package zone_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/zone"
)

// TestZonesAreThoseOfTheBinary has the machine's zones say something else.
func TestZonesAreThoseOfTheBinary(t *testing.T) {
	t.Setenv("ZONEINFO", t.TempDir())
	kyiv, err := zone.Load("Europe/Kyiv")
	require.NoError(t, err)
	require.Equal(t, "Europe/Kyiv", kyiv.String())
	_, offset := time.Date(2025, 7, 1, 0, 0, 0, 0, kyiv).Zone()
	require.Equal(t, 3*60*60, offset)
	again, err := zone.Load("Europe/Kyiv")
	require.NoError(t, err)
	require.Same(t, kyiv, again)
	for _, name := range []string{"", "UTC", "Etc/UTC", "Zulu", "Asia/Kolkata", "Europe/Kiev", "CET"} {
		_, err := zone.Load(name)
		require.NoError(t, err, name)
	}
}

func TestOnlyNamesOfTheListAreKnown(t *testing.T) {
	t.Parallel()
	const plain = " is not a known time zone; write an IANA name such as Europe/Kyiv"
	for name, want := range map[string]string{
		"right/Europe/Kyiv": `"right/Europe/Kyiv" is not a known time zone; did you mean Europe/Kyiv? Write an IANA name such as Europe/Kyiv`,
		"posix/Asia/Tokyo":  `"posix/Asia/Tokyo" is not a known time zone; did you mean Asia/Tokyo? Write an IANA name such as Europe/Kyiv`,
		"europe/kyiv":       `"europe/kyiv" is not a known time zone; did you mean Europe/Kyiv or Europe/Kiev? Write an IANA name such as Europe/Kyiv`,
		"../etc/passwd":     `"../etc/passwd"` + plain,
		"Corp":              `"Corp"` + plain,
	} {
		_, err := zone.Load(name)
		require.EqualError(t, err, want)
	}
	for _, name := range []string{"Local", "local", "Factory", "posixrules", "Europe", "Europe/", "leapseconds", " UTC", "localtime"} {
		_, err := zone.Load(name)
		require.ErrorContains(t, err, "is not a known time zone", name)
	}
}
