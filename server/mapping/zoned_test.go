package mapping

import (
	"strings"
	"testing"

	"cel.dev/cel-go/common/types"
	"github.com/stretchr/testify/require"
)

// TestPartsOfTimesComeFromTheZonesOfTheBinary reads parts of times in zones by the list that the binary brings, whatever the machine
// knows.
func TestPartsOfTimesComeFromTheZonesOfTheBinary(t *testing.T) {
	t.Parallel()
	value := func(text string) (any, error) {
		env, err := environment()
		require.NoError(t, err)
		checked, issues := env.Compile(text)
		require.NoError(t, issues.Err(), text)
		program, err := env.Program(checked)
		require.NoError(t, err)
		got, err := (&expression{program}).eval(nil)
		if err != nil {
			return nil, err
		}
		whole, ok := got.(types.Int)
		require.True(t, ok, "%v", got)
		return int64(whole), nil
	}
	const newYear = `timestamp("2024-12-31T23:59:58.123Z")`
	for reading, want := range map[string]int64{
		`getFullYear("Europe/Berlin")`: 2025, `getMonth("Europe/Berlin")`: 0, `getDayOfYear("Europe/Berlin")`: 0,
		`getDayOfMonth("Europe/Berlin")`: 0, `getDate("Europe/Berlin")`: 1, `getDayOfWeek("Europe/Berlin")`: 3, `getHours("Europe/Berlin")`: 0,
		`getMinutes("Asia/Kolkata")`: 29, `getSeconds("Europe/Berlin")`: 58, `getMilliseconds("Europe/Berlin")`: 123,
		`getHours("America/St_Johns")`: 20, `getMinutes("America/St_Johns")`: 29, `getHours("+02:00")`: 1, `getHours("UTC")`: 23,
		`getHours()`: 23, `getFullYear("")`: 2024,
	} {
		got, err := value(newYear + "." + reading)
		require.NoError(t, err, reading)
		require.Equal(t, want, got, reading)
	}
	for _, name := range []string{"right/Europe/Berlin", "posix/UTC", "Local", "Europe/Berlim"} {
		for function := range functionsOf(zonedReadings) {
			_, err := value(newYear + "." + function + `("` + name + `")`)
			require.ErrorContains(t, err, "is not a known time zone", name)
			require.True(t, strings.HasPrefix(err.Error(), function+": "), "%v", err)
		}
	}
}

func functionsOf(readings map[string]string) map[string]bool {
	functions := map[string]bool{}
	for _, function := range readings {
		functions[function] = true
	}
	return functions
}
