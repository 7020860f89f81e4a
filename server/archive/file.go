package archive

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/protobuf/encoding/protodelim"

	storev1 "github.com/laurelhq/laurel/gen/laurel/store/v1"
	"github.com/laurelhq/laurel/server/journal"
)

// IsEvents reports whether a file is called as the files of events of archives are.
func IsEvents(name string) bool { return strings.HasSuffix(name, fileSuffix) }

// maxMessageBytes bounds one event of a file with what stands around it.
const maxMessageBytes = 5 << 20

const bufferBytes = 256 << 10

// Reader reads a file of events.
type Reader struct {
	source   *counted
	unpacked *gzip.Reader
	events   *bufio.Reader
	options  protodelim.UnmarshalOptions
}

// NewReader begins to read a file of events.
func NewReader(file io.Reader) (*Reader, error) {
	r := &Reader{source: &counted{from: bufio.NewReaderSize(file, bufferBytes)},
		options: protodelim.UnmarshalOptions{MaxSize: maxMessageBytes}}
	var err error
	if r.unpacked, err = gzip.NewReader(r.source); err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	r.events = bufio.NewReaderSize(r.unpacked, bufferBytes)
	return r, nil
}

// Next returns the next event; io.EOF at the end of the file.
func (r *Reader) Next() (journal.Stored, error) {
	var m storev1.ArchivedEvent
	err := r.options.UnmarshalFrom(r.events, &m)
	if errors.Is(err, io.EOF) {
		return journal.Stored{}, io.EOF
	}
	if err != nil {
		return journal.Stored{}, fmt.Errorf("unpack: %w", err)
	}
	return journal.Stored{
		Record: journal.Record{Seq: m.GetPosition(), Partition: int(m.GetPartition()), IngestMicros: m.GetIngestMicros(), Body: m.GetBody()},
		Player: m.GetPlayer(), TsMicros: m.GetEventMicros(),
	}, nil
}

// Taken is how many bytes of the file were read so far.
func (r *Reader) Taken() int64 { return r.source.taken }

// counted counts what is taken of a reader, byte by byte if need be, so that nobody reads ahead.
type counted struct {
	from  *bufio.Reader
	taken int64
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.taken += int64(n)
	return n, err
}

// ReadByte implements io.ByteReader.
func (c *counted) ReadByte() (byte, error) {
	b, err := c.from.ReadByte()
	if err == nil {
		c.taken++
	}
	return b, err
}

// appendTo writes an event to a file.
func appendTo(file io.Writer, e *journal.Stored) (int, error) {
	return protodelim.MarshalTo(file, &storev1.ArchivedEvent{
		Position: e.Seq, Partition: int32(e.Partition), IngestMicros: e.IngestMicros, EventMicros: e.TsMicros, Player: e.Player, Body: e.Body,
	})
}
