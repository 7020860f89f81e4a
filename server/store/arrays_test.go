package store_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestArraysAreWrittenAsTheDriverWrites holds the arrays of a batch against those of the driver, byte by byte.
func TestArraysAreWrittenAsTheDriverWrites(t *testing.T) {
	t.Parallel()
	ours, theirs := pgtype.NewMap(), pgtype.NewMap()
	require.NoError(t, store.RegisterArrays(ours))
	encode := func(t *rapid.T, m *pgtype.Map, oid uint32, values any, before []byte) []byte {
		encoded, err := m.Encode(oid, pgtype.BinaryFormatCode, values, before)
		require.NoError(t, err)
		return encoded
	}
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "before")
		texts := rapid.SliceOf(rapid.String()).Draw(t, "texts")
		bytes := rapid.SliceOf(rapid.OneOf(rapid.Just([]byte(nil)), rapid.SliceOf(rapid.Byte()))).Draw(t, "bytes")
		numbers := rapid.SliceOf(rapid.Int64()).Draw(t, "numbers")
		for oid, values := range map[uint32]any{pgtype.TextArrayOID: texts, pgtype.ByteaArrayOID: bytes, pgtype.Int8ArrayOID: numbers} {
			require.Equal(t, encode(t, theirs, oid, values, before), encode(t, ours, oid, values, before))
		}
	})
}

// TestArraysArrive sends arrays through statements, those of other types as well.
func TestArraysArrive(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	var count, sum int64
	var texts, bytes string
	require.NoError(t, s.Read().QueryRowContext(t.Context(), `SELECT count(*), sum(n), string_agg(t, ','), string_agg(coalesce(encode(b,
		'hex'), 'null'), ',')
		FROM unnest($1::bigint[], $2::text[], $3::bytea[]) AS a (n, t, b)`,
		[]int64{1, -2, 1 << 62}, []string{"", "é", "\"{},"}, [][]byte{nil, {}, {0, 255}}).Scan(&count, &sum, &texts, &bytes))
	require.Equal(t, int64(3), count)
	require.Equal(t, int64(1<<62-1), sum)
	require.Equal(t, ",é,\"{},", texts)
	require.Equal(t, "null,,00ff", bytes)
	require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT cardinality($1::bigint[]) + cardinality($2::int[])", []int64{},
		[]int32{7}).Scan(&count))
	require.Equal(t, int64(1), count)
	require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT coalesce(cardinality($1::bigint[]), -1)", []int64(nil)).Scan(&count))
	require.Equal(t, int64(-1), count, "no array is NULL")
}
