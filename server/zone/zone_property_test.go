package zone_test

import (
	"archive/zip"
	"fmt"
	"go/build"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/zone"
)

// distributed are the time zones of the Go distribution, which time/tzdata holds too.
var distributed = filepath.Join(build.Default.GOROOT, "lib", "time", "zoneinfo.zip")

// TestMain has package time read the zones of the distribution, and neither the machine's nor those that a test names: it looks once.
func TestMain(m *testing.M) {
	if err := os.Setenv("ZONEINFO", distributed); err != nil {
		panic(err)
	}
	if _, err := time.LoadLocation("Europe/Kyiv"); err != nil {
		panic(err)
	}
	m.Run()
}

// namesOfTheList are all zones of the distribution.
func namesOfTheList(t *testing.T) (names []string) {
	t.Helper()
	reader, err := zip.OpenReader(distributed)
	require.NoError(t, err)
	defer func() { require.NoError(t, reader.Close()) }()
	for _, file := range reader.File {
		if !strings.HasSuffix(file.Name, "/") && file.Name != "Factory" {
			names = append(names, file.Name)
		}
	}
	require.Greater(t, len(names), 500)
	return names
}

// instant is a moment from 1880 to 2120, near a change of the clocks as often as anywhere.
var instant = rapid.OneOf(
	rapid.Map(rapid.Int64Range(-2_840_000_000, 4_740_000_000), func(s int64) time.Time { return time.Unix(s, 0) }),
	rapid.Custom(func(t *rapid.T) time.Time {
		month := rapid.SampledFrom([]time.Month{time.March, time.April, time.September, time.October, time.November}).Draw(t, "month")
		hour := rapid.IntRange(0, 31*24).Draw(t, "hour")
		return time.Date(rapid.IntRange(1916, 2090).Draw(t, "year"), month, 1, hour, 0, rapid.IntRange(-1, 1).Draw(t, "second"), 0, time.UTC)
	}),
)

// TestEveryZoneIsThatOfTheDistribution compares each zone of the list with what package time makes of it, at any moments.
func TestEveryZoneIsThatOfTheDistribution(t *testing.T) {
	t.Parallel()
	names := namesOfTheList(t)
	for _, name := range names {
		ours, err := zone.Load(name)
		require.NoError(t, err, name)
		require.Equal(t, name, ours.String())
	}
	name := rapid.SampledFrom(names)
	rapid.Check(t, func(t *rapid.T) {
		name := name.Draw(t, "zone")
		ours, err := zone.Load(name)
		require.NoError(t, err)
		theirs, err := time.LoadLocation(name)
		require.NoError(t, err)
		for _, at := range rapid.SliceOfN(instant, 20, 20).Draw(t, "instants") {
			require.Equal(t, at.In(theirs).Format(time.RFC3339+" MST"), at.In(ours).Format(time.RFC3339+" MST"))
			require.Equal(t, at.In(theirs).IsDST(), at.In(ours).IsDST())
			year, month, day := at.In(ours).Date()
			begins := time.Date(year, month, day, 0, 0, 0, 0, ours)
			require.True(t, time.Date(year, month, day, 0, 0, 0, 0, theirs).Equal(begins), "a day begins alike")
		}
	})
}

// TestZonesAreTheSameForAll loads one zone from many places at once.
func TestZonesAreTheSameForAll(t *testing.T) {
	t.Parallel()
	const askers = 16
	for _, name := range namesOfTheList(t)[:50] {
		found, errs := make([]*time.Location, askers), make([]error, askers)
		var group sync.WaitGroup
		for i := range askers {
			group.Go(func() { found[i], errs[i] = zone.Load(name) })
		}
		group.Wait()
		for i := range askers {
			require.NoError(t, errs[i])
			require.Same(t, found[0], found[i])
		}
	}
}

// TestOtherNamesAreRefused changes a name of the list in one place, or writes anything: either it is another name of the list, or the
// refusal quotes it and says what would be right.
func TestOtherNamesAreRefused(t *testing.T) {
	t.Parallel()
	names := namesOfTheList(t)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "name")
		at := rapid.IntRange(0, len(name)-1).Draw(t, "at")
		written := rapid.SampledFrom([]string{
			strings.ToUpper(name), strings.ToLower(name), name[:at] + name[at+1:], name[:at] + "x" + name[at:], " " + name, name + "\n",
			"right/" + name, "posix/" + name, "../zoneinfo/" + name, "/" + name, name + "/", strings.ReplaceAll(name, "/", `\`), rapid.String().Draw(t, "anything"),
		}).Draw(t, "written")
		loaded, err := zone.Load(written)
		if written == "" || slices.Contains(names, written) {
			require.NoError(t, err)
			return
		}
		require.Nil(t, loaded)
		require.ErrorContains(t, err, "is not a known time zone")
		require.Regexp(t, `[Ww]rite an IANA name such as Europe/Kyiv$`, err.Error())
	})
}

// TestNearNamesLeadToAZone follows the first name that a refusal tells, for every name of the list in small letters.
func TestNearNamesLeadToAZone(t *testing.T) {
	t.Parallel()
	names := namesOfTheList(t)
	for _, name := range names {
		written := strings.ToLower(name)
		if slices.Contains(names, written) {
			continue
		}
		_, err := zone.Load(written)
		_, told, found := strings.Cut(fmt.Sprint(err), "did you mean ")
		require.True(t, found, "%s: %v", written, err)
		first, _, _ := strings.Cut(told, "?")
		first, _, _ = strings.Cut(first, " or ")
		require.Equal(t, name, first)
		_, err = zone.Load(first)
		require.NoError(t, err)
	}
}
