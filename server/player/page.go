package player

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/laurelhq/laurel/server/fold"
)

// pageVersion is the first byte of an encoded page.
const pageVersion = 1

// The sections of a page. A number is never used for anything else.
const sectionProfile = 1

var errTruncated = errors.New("encoded page is cut short")

// Page is what the fold knows of one player. It implements fold.State.
type Page struct {
	Profile Profile
}

// CopyTo implements fold.State.
func (p *Page) CopyTo(into fold.State) {
	if page, ok := into.(*Page); ok {
		*page = *p
	}
}

// pageBytes is what a page takes in memory without its texts.
const pageBytes = 120

// Size implements fold.State.
func (p *Page) Size() int { return pageBytes + len(p.Profile.Market) + len(p.Profile.Platform) }

// AppendBinary implements fold.State: version, then each section that is not empty as its number, its length and its content, then the
// CRC-32 of all that.
func (p *Page) AppendBinary(b []byte) []byte {
	from := len(b)
	b = append(b, pageVersion)
	if p.Profile != (Profile{}) {
		b = appendSection(b, sectionProfile, p.Profile.appendBinary(nil))
	}
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b[from:]))
}

func appendSection(b []byte, number uint64, content []byte) []byte {
	b = binary.AppendUvarint(b, number)
	b = binary.AppendUvarint(b, uint64(len(content)))
	return append(b, content...)
}

// UnmarshalPage reads what AppendBinary wrote. The error is fold.ErrNewer when a newer version of Laurel wrote it.
func UnmarshalPage(b []byte) (*Page, error) {
	sum := len(b) - crc32.Size
	if sum < 1 {
		return nil, errTruncated
	}
	if crc32.ChecksumIEEE(b[:sum]) != binary.LittleEndian.Uint32(b[sum:]) {
		return nil, errors.New("encoded page does not match its checksum: it was damaged")
	}
	if b[0] != pageVersion {
		return nil, fmt.Errorf("encoded page has version %d, want %d: %w", b[0], pageVersion, fold.ErrNewer)
	}
	p := &Page{}
	for rest := b[1:sum]; len(rest) > 0; {
		number, n := binary.Uvarint(rest)
		if n <= 0 {
			return nil, errTruncated
		}
		length, m := binary.Uvarint(rest[n:])
		if m <= 0 || length > uint64(len(rest)-n-m) {
			return nil, errTruncated
		}
		section := rest[n+m : n+m+int(length)]
		rest = rest[n+m+int(length):]
		if number != sectionProfile {
			return nil, fmt.Errorf("encoded page has section %d, which this version of Laurel does not know: %w", number, fold.ErrNewer)
		}
		if err := p.Profile.unmarshal(section); err != nil {
			return nil, err
		}
	}
	return p, nil
}
