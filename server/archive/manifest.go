package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/laurelhq/laurel/server/journal"
)

const (
	// formatVersion is that of archives which this program writes; it reads no other.
	formatVersion = 1
	manifestName  = "manifest.json"
	// fileSuffix ends the name of each file of events.
	fileSuffix = ".pb.gz"
	// maxManifestBytes bounds a manifest: a file of events takes 200 bytes of it.
	maxManifestBytes = 16 << 20
)

// Manifest says what an archive holds. The same events make the same manifest, wherever and whenever it is written.
type Manifest struct {
	// Format is the version of the archive's form.
	Format int `json:"format"`
	// Range is the number of the range, First its lowest position and Until the one behind its highest.
	Range int64 `json:"range"`
	First int64 `json:"first"`
	Until int64 `json:"until"`
	Part
	// FirstArrival to LastEvent bound when the events arrived and when they happened, in UTC; absent when there are none.
	FirstArrival *time.Time `json:"first_arrival,omitempty"`
	LastArrival  *time.Time `json:"last_arrival,omitempty"`
	FirstEvent   *time.Time `json:"first_event,omitempty"`
	LastEvent    *time.Time `json:"last_event,omitempty"`
	// Files are in the order of positions.
	Files []File `json:"files"`
}

// Part counts some events: what their bodies take in bytes, and their lowest and highest position.
type Part struct {
	Events        int64 `json:"events"`
	Bytes         int64 `json:"bytes"`
	FirstPosition int64 `json:"first_position"`
	LastPosition  int64 `json:"last_position"`
}

// File is one file of events.
type File struct {
	Name string `json:"name"`
	Part
	// SHA256 is that of the file as it lies there, in hexadecimal.
	SHA256 string `json:"sha256"`
}

// newManifest is that of a range with some contents.
func newManifest(r journal.Range, c journal.Contents, files []File) *Manifest {
	m := &Manifest{Format: formatVersion, Range: r.ID, First: r.First, Until: r.Until, Part: partOf(c), Files: files}
	if c.Events > 0 {
		m.FirstArrival, m.LastArrival, m.FirstEvent, m.LastEvent = instant(c.FirstIngest), instant(c.LastIngest), instant(c.FirstEvent),
			instant(c.LastEvent)
	}
	return m
}

func instant(micros int64) *time.Time {
	at := time.UnixMicro(micros).UTC()
	return &at
}

func micros(at *time.Time) int64 {
	if at == nil {
		return 0
	}
	return at.UnixMicro()
}

func partOf(c journal.Contents) Part {
	return Part{Events: c.Events, Bytes: c.Bytes, FirstPosition: c.FirstSeq, LastPosition: c.LastSeq}
}

// Contents are what the manifest says of all events together.
func (m *Manifest) Contents() journal.Contents {
	return journal.Contents{
		Events: m.Events, Bytes: m.Bytes, FirstSeq: m.FirstPosition, LastSeq: m.LastPosition,
		FirstIngest: micros(m.FirstArrival), LastIngest: micros(m.LastArrival), FirstEvent: micros(m.FirstEvent), LastEvent: micros(m.LastEvent),
	}
}

// encode writes the manifest as it lies in its folder.
func (m *Manifest) encode() ([]byte, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return append(text, '\n'), nil
}

// decodeManifest reads a manifest and says what is wrong with it.
func decodeManifest(text []byte) (*Manifest, error) {
	m := &Manifest{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(m); err != nil {
		return nil, fmt.Errorf("%s can't be read: %w", manifestName, err)
	}
	if m.Format != formatVersion {
		return nil, fmt.Errorf("%s: format must be %d, but is %d: another version of Laurel wrote it", manifestName, formatVersion, m.Format)
	}
	return m, nil
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
