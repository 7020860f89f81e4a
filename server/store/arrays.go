package store

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// arrayCodec writes the columns of a batch, thousands of values each, in one go: the driver's own codec takes a look-up and an allocation
// for each value and has its buffer grow as it comes to them. Everything else it leaves to that codec.
type arrayCodec struct{ pgtype.Codec }

// registerArrays has a connection use arrayCodec.
func registerArrays(types *pgtype.Map) error {
	for _, oid := range [...]uint32{pgtype.Int8ArrayOID, pgtype.TextArrayOID, pgtype.ByteaArrayOID, pgtype.UUIDArrayOID} {
		array, ok := types.TypeForOID(oid)
		if !ok {
			return fmt.Errorf("the driver has no type for arrays of OID %d", oid)
		}
		types.RegisterType(&pgtype.Type{Name: array.Name, OID: oid, Codec: arrayCodec{array.Codec}})
	}
	return nil
}

// PlanEncode is part of pgtype.Codec.
func (c arrayCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if format == pgtype.BinaryFormatCode {
		switch value.(type) {
		case []int64:
			if oid == pgtype.Int8ArrayOID {
				return encodeArray(encodeInt64s)
			}
		case []string:
			if oid == pgtype.TextArrayOID {
				return encodeArray(encodeStrings)
			}
		case [][]byte:
			if oid == pgtype.ByteaArrayOID {
				return encodeArray(encodeBytes)
			}
		case [][16]byte:
			if oid == pgtype.UUIDArrayOID {
				return encodeArray(encodeKeys)
			}
		}
	}
	return c.Codec.PlanEncode(m, oid, format, value)
}

// encodeArray is a pgtype.EncodePlan.
type encodeArray func(value any, buf []byte) []byte

// Encode is part of pgtype.EncodePlan.
func (e encodeArray) Encode(value any, buf []byte) ([]byte, error) { return e(value, buf), nil }

func encodeInt64s(value any, buf []byte) []byte {
	values, _ := value.([]int64)
	buf = appendArray(buf, pgtype.Int8OID, len(values), false, 8*len(values))
	for _, v := range values {
		buf = binary.BigEndian.AppendUint32(buf, 8)
		buf = binary.BigEndian.AppendUint64(buf, uint64(v))
	}
	return buf
}

func encodeStrings(value any, buf []byte) []byte {
	values, _ := value.([]string)
	size := 0
	for _, v := range values {
		size += len(v)
	}
	buf = appendArray(buf, pgtype.TextOID, len(values), false, size)
	for _, v := range values {
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(v)))
		buf = append(buf, v...)
	}
	return buf
}

// encodeKeys writes 128-bit keys, which Postgres keeps as uuid.
func encodeKeys(value any, buf []byte) []byte {
	values, _ := value.([][16]byte)
	buf = appendArray(buf, pgtype.UUIDOID, len(values), false, 16*len(values))
	for i := range values {
		buf = binary.BigEndian.AppendUint32(buf, 16)
		buf = append(buf, values[i][:]...)
	}
	return buf
}

// null is the length of an element that is NULL.
const null = ^uint32(0)

func encodeBytes(value any, buf []byte) []byte {
	values, _ := value.([][]byte)
	size, nulls := 0, false
	for _, v := range values {
		size, nulls = size+len(v), nulls || v == nil
	}
	buf = appendArray(buf, pgtype.ByteaOID, len(values), nulls, size)
	for _, v := range values {
		if v == nil {
			buf = binary.BigEndian.AppendUint32(buf, null)
			continue
		}
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(v)))
		buf = append(buf, v...)
	}
	return buf
}

// arrayHeader is what an array takes before its elements, and elementHeader an element before its value.
const arrayHeader, elementHeader = 20, 4

// appendArray appends the beginning of an array of n elements: dimensions, whether there are NULLs, the type of the elements, how many
// there are, and the number of the first. It makes room for them and their size bytes.
func appendArray(buf []byte, element uint32, n int, nulls bool, size int) []byte {
	buf = slices.Grow(buf, arrayHeader+n*elementHeader+size)
	flags := uint32(0)
	if nulls {
		flags = 1
	}
	for _, v := range [...]uint32{1, flags, element, uint32(n), 1} {
		buf = binary.BigEndian.AppendUint32(buf, v)
	}
	return buf
}
