package player

import (
	"encoding/binary"
	"errors"
	"fmt"

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

// AppendBinary implements fold.State: version, then each section that is not empty as its number, its length and its content.
func (p *Page) AppendBinary(b []byte) []byte {
	b = append(b, pageVersion)
	if p.Profile == (Profile{}) {
		return b
	}
	section := p.Profile.appendBinary(nil)
	b = binary.AppendUvarint(b, sectionProfile)
	b = binary.AppendUvarint(b, uint64(len(section)))
	return append(b, section...)
}

// UnmarshalPage reads what AppendBinary wrote.
func UnmarshalPage(b []byte) (*Page, error) {
	if len(b) == 0 {
		return nil, errTruncated
	}
	if b[0] != pageVersion {
		return nil, fmt.Errorf("encoded page has version %d, want %d", b[0], pageVersion)
	}
	p := &Page{}
	for rest := b[1:]; len(rest) > 0; {
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
			return nil, fmt.Errorf("encoded page has section %d, which this version of Laurel does not know", number)
		}
		if err := p.Profile.unmarshal(section); err != nil {
			return nil, err
		}
	}
	return p, nil
}
