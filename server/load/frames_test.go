package load

import (
	"errors"
	"io"
	"strconv"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestFramesAreReadOnceAndTheSame reads any sequence of frames, most of them again and again: each is what parsing it gives, and one that
// was just read is not parsed once more.
func TestFramesAreReadOnceAndTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var cache frameCache
		parsed, last := 0, ""
		parse := func(body []byte) (frame, error) {
			parsed++
			number, err := strconv.ParseInt(string(body), 10, 64)
			return frame{revision: number}, err
		}
		for range rapid.IntRange(1, 200).Draw(t, "frames") {
			body := rapid.SampledFrom([]string{"x", "", "0"}).Draw(t, "body")
			if rapid.Bool().Draw(t, "number") {
				body = strconv.Itoa(rapid.IntRange(0, 2*cachedFrames).Draw(t, "which"))
			}
			before := parsed
			got, err := cache.read([]byte(body), parse)
			number, wrong := strconv.ParseInt(body, 10, 64)
			require.Equal(t, wrong == nil, err == nil)
			if wrong == nil {
				require.Equal(t, number, got.revision)
			}
			if body == last && wrong == nil {
				require.Equal(t, before, parsed, "it was just read")
			}
			last = body
		}
	})
}

// TestBuffersGrowWithWhatIsRead reads frames of any size in any pieces into one buffer.
func TestBuffersGrowWithWhatIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var buffer []byte
		for range rapid.IntRange(1, 5).Draw(t, "frames") {
			body := rapid.SliceOfN(rapid.Byte(), 0, 5000).Draw(t, "body")
			var reader io.Reader = &pieces{body, rapid.IntRange(1, 3000).Draw(t, "piece")}
			if rapid.Bool().Draw(t, "error with data") {
				reader = iotest.DataErrReader(reader)
			}
			var err error
			buffer, err = readInto(buffer[:0], reader)
			require.NoError(t, err)
			require.Equal(t, string(body), string(buffer))
		}
		broken := errors.New("broken")
		_, err := readInto(buffer[:0], iotest.ErrReader(broken))
		require.ErrorIs(t, err, broken)
	})
}

// pieces gives a few bytes at a time.
type pieces struct {
	rest []byte
	size int
}

// Read implements io.Reader.
func (p *pieces) Read(into []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(into[:min(len(into), p.size)], p.rest)
	p.rest = p.rest[n:]
	return n, nil
}
