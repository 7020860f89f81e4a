package main

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/board/redis/redistest"
	"github.com/laurelhq/laurel/server/journal/journaltest"
	"github.com/laurelhq/laurel/server/store"
)

// TestRestoreOfPostgres dumps a database with several ranges while a server takes events in, and restores it into a fresh cluster, whose
// transaction ids are low, beside a Redis that is empty.
func TestRestoreOfPostgres(t *testing.T) {
	t.Parallel()
	old, fresh := postgres(t), postgres(t)
	dump := filepath.Join(old.Dir(), "laurel.dump")
	backUpAndRestore(t, old.URL("postgres"), fresh.URL("postgres"), "redis://"+redistest.Start(t).Addr, "redis://"+redistest.Start(t).Addr,
		func() {
			require.NoError(t, old.Run(t.Context(), "pg_dump", "-Fc", "-f", dump, "postgres"))
		}, func() {
			require.NoError(t, fresh.Run(t.Context(), "pg_restore", "--exit-on-error", "-d", "postgres", dump))
		})
}

// TestRestoreOfSQLite copies the database by VACUUM INTO while a server takes events in.
func TestRestoreOfSQLite(t *testing.T) {
	t.Parallel()
	old, fresh := filepath.Join(t.TempDir(), "laurel.db"), filepath.Join(t.TempDir(), "copy.db")
	backUpAndRestore(t, "sqlite:"+old, "sqlite:"+fresh, "", "", func() {
		_, err := openRows(t, "sqlite:"+old).pool.ExecContext(t.Context(), "VACUUM INTO $1", fresh)
		require.NoError(t, err)
	}, func() {})
}

// backUpAndRestore wants everything that was acknowledged before a backup to be there after its restore, and what comes later, or again, to
// count once.
func backUpAndRestore(t *testing.T, oldURL, newURL, oldRedis, newRedis string, backUp, restore func()) {
	t.Helper()
	in := newInstallation(t, oldURL, oldRedis)
	server := in.serve(t)
	in.at.Store(server.url(t))
	senders := startSenders(t, in, 7)
	in.waitForScores(t)
	server.kill()
	onDisk(t, oldURL, func(s *store.Store) { journaltest.Cut(t, s) })
	server = in.serve(t)
	in.at.Store(server.url(t))
	senders.waitFor(t, senders.acknowledged()+500)
	senders.history(t, 300)

	senders.mu.Lock()
	acked := maps.Clone(senders.acked)
	senders.mu.Unlock()
	backUp()
	senders.waitFor(t, senders.acknowledged()+500) // these are lost with the old database, as far as they came after the backup
	senders.finish(t)
	server.kill()
	restore()

	again := &installation{database: newURL, redis: newRedis, key: in.key,
		settings: append(in.settings, "LAUREL_DATABASE_URL="+newURL, "LAUREL_REDIS_URL="+newRedis)}
	again.second.Store("")
	rows := openRows(t, newURL)
	before := rows.number(t, "SELECT max(id) FROM journal_event")
	count := rows.number(t, "SELECT count(*) FROM journal_event")
	require.GreaterOrEqual(t, count, int64(len(acked)))
	server = again.serve(t)
	again.at.Store(server.url(t))
	senders.in, senders.acked = again, acked
	var rest []*laurelv1.Event
	for id, e := range senders.sent { // as senders do that don't know what became of their events
		if !strings.HasPrefix(id, historyPrefix) {
			rest = append(rest, e)
		}
	}
	for batch := range slices.Chunk(rest, 500) {
		senders.repeat(t, &laurelv1.IngestRequest{Events: batch})
	}
	senders.history(t, 300)
	require.EqualValues(t, len(senders.sent), rows.number(t, "SELECT count(*) FROM journal_event"))
	require.EqualValues(t, int64(len(senders.sent))-count, rows.number(t, "SELECT count(*) FROM journal_event WHERE id > "+
		strconv.FormatInt(before, 10)), "what is new lies above what was there")
	again.audit(t, senders, server)
}

// historyPrefix begins the ids of history.
const historyPrefix = "h-"

// history sends the same events as history each time it is called.
func (s *senders) history(t *testing.T, count int) {
	t.Helper()
	random := rand.New(rand.NewPCG(11, 11))
	batch := make([]*laurelv1.Event, count)
	s.mu.Lock()
	for i := range batch {
		batch[i] = senderEvent(random, historyPrefix+strconv.Itoa(i))
		s.sent[batch[i].GetEventId()] = proto.CloneOf(batch[i])
	}
	s.mu.Unlock()
	s.repeat(t, &laurelv1.IngestRequest{Events: batch, History: true})
}

// repeat sends events that may have been sent before and takes note of what became of them.
func (s *senders) repeat(t *testing.T, request *laurelv1.IngestRequest) {
	t.Helper()
	client := laurelv1connect.NewIngestServiceClient(s.client, s.in.doors()[0]+"/rpc", connect.WithInterceptors(bearer(s.in.key)))
	response, err := client.Ingest(t.Context(), request)
	require.NoError(t, err)
	s.learn(request.GetEvents(), response)
	s.check(t)
	require.False(t, t.Failed())
}
