package player_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/player"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var noon = time.Date(2025, 10, 25, 12, 0, 0, 0, time.UTC)

func told(seq int64, at time.Time, user *laurelv1.User, market string) fold.Event {
	user.Id = "u"
	e := &laurelv1.Event{EventId: "e", Name: "login", EventTs: timestamppb.New(at), User: user, Market: market}
	body, _ := event.Content(nil, e)
	return fold.Decode(&journal.Record{Seq: seq, Partition: 3, Body: body})
}

// run folds events one after another and returns the page, and the last event as rules see it.
func run(t *testing.T, events ...fold.Event) (player.Profile, fold.Event) {
	t.Helper()
	tables := fold.Tables{fold.PlayerPage: player.Pages{}}
	s := fold.NewScratch(&tables, fold.NewCache(0))
	for i := range events {
		player.Need(&events[i], s)
		require.NoError(t, s.Load(t.Context(), nil))
		s.Begin()
		player.Fold(&events[i], s)
	}
	page, _ := s.Get(fold.Key{Table: fold.PlayerPage, Subject: "u"}).State.(*player.Page)
	return page.Profile, events[len(events)-1]
}

// E6: the payer flag and the KYC level of an event that lacks them come from what earlier events told.
func TestProfileFillsInWhatAnEventLacks(t *testing.T) {
	t.Parallel()
	profile, last := run(t,
		told(1, noon, &laurelv1.User{Payer: proto.Bool(true), KycLevel: proto.Int32(2), Platform: "android"}, "DE"),
		told(2, noon.Add(time.Minute), &laurelv1.User{}, ""))
	require.True(t, last.GetUser().GetPayer())
	require.EqualValues(t, 2, last.GetUser().GetKycLevel())
	require.Equal(t, "DE", profile.Market)
	require.Equal(t, "android", profile.Platform)
	require.Empty(t, last.GetUser().GetPlatform(), "only what E6 names is filled in")

	_, last = run(t, told(1, noon, &laurelv1.User{Payer: proto.Bool(true)}, ""), told(2, noon, &laurelv1.User{Payer: proto.Bool(false)}, ""))
	require.False(t, last.GetUser().GetPayer(), "what an event says of itself stands")

	_, last = run(t, told(1, noon, &laurelv1.User{}, ""))
	require.Nil(t, last.GetUser().Payer, "what nobody told stays unset")
	require.Nil(t, last.GetUser().KycLevel)
}

// TestAnEventIsFoldedAgain has a batch thrown away and folded again: what the profile filled in the first time is not the sender's word the
// second time.
func TestAnEventIsFoldedAgain(t *testing.T) {
	t.Parallel()
	events := []fold.Event{
		told(1, noon, &laurelv1.User{Payer: proto.Bool(true), KycLevel: proto.Int32(2)}, ""),
		told(2, noon.Add(time.Minute), &laurelv1.User{}, ""),
		told(3, noon.Add(time.Second), &laurelv1.User{Payer: proto.Bool(false)}, ""),
		told(4, noon.Add(time.Hour), &laurelv1.User{}, ""),
	}
	first, last := run(t, events...)
	require.False(t, last.GetUser().GetPayer())
	again, last := run(t, events...)
	require.Equal(t, first, again)
	require.False(t, last.GetUser().GetPayer())
	require.EqualValues(t, 2, last.GetUser().GetKycLevel())

	other, last := run(t, events[1])
	require.Zero(t, other.Payer)
	require.Nil(t, last.GetUser().Payer, "what another fold filled in is gone")
}

func TestLateEventDoesNotOverruleALaterOne(t *testing.T) {
	t.Parallel()
	profile, _ := run(t,
		told(1, noon, &laurelv1.User{KycLevel: proto.Int32(1)}, "DE"),
		told(2, noon.Add(time.Hour), &laurelv1.User{KycLevel: proto.Int32(3)}, "SE"),
		told(3, noon.Add(time.Minute), &laurelv1.User{KycLevel: proto.Int32(0)}, "FI"))
	require.EqualValues(t, 3+1, profile.KYCLevel)
	require.Equal(t, "SE", profile.Market)
	require.Equal(t, noon.UnixMicro(), profile.FirstSeen)
	require.Equal(t, noon.Add(time.Hour).UnixMicro(), profile.LastSeen)
}

// TestAFactToldAgainIsTheNewest has a late event contradict a fact that was told before it and after it.
func TestAFactToldAgainIsTheNewest(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	no := func() *laurelv1.User {
		return &laurelv1.User{Payer: proto.Bool(false), KycLevel: proto.Int32(3), Platform: "ios"}
	}
	profile, last := run(t,
		told(1, at(0), no(), "DE"), told(2, at(40), no(), "DE"),
		told(3, at(20), &laurelv1.User{Payer: proto.Bool(true), KycLevel: proto.Int32(0), Platform: "web"}, "SE"),
		told(4, at(41), &laurelv1.User{}, ""))
	require.False(t, last.GetUser().GetPayer())
	require.NotNil(t, last.GetUser().Payer)
	require.EqualValues(t, 3, last.GetUser().GetKycLevel())
	require.Equal(t, "DE", profile.Market)
	require.Equal(t, "ios", profile.Platform)
}

// TestWhatLaurelSaysIsNotThePlayersDoing has a player's place be told long after he was seen, for a contest of another market.
func TestWhatLaurelSaysIsNotThePlayersDoing(t *testing.T) {
	t.Parallel()
	observed := told(2, noon.Add(30*time.Hour), &laurelv1.User{}, "SE")
	observed.Origin = &laurelv1.Origin{Definition: "c", Depth: 1}
	profile, last := run(t, told(1, noon, &laurelv1.User{KycLevel: proto.Int32(2)}, "DE"), observed)
	require.Equal(t, noon.UnixMicro(), profile.LastSeen)
	require.Equal(t, "DE", profile.Market)
	require.EqualValues(t, 2, last.GetUser().GetKycLevel(), "rules of such an event may ask what is known of him")
}

// TestDamagedAndNewerPagesAreToldApart changes each byte of a page, and adds a section of a version to come.
func TestDamagedAndNewerPagesAreToldApart(t *testing.T) {
	t.Parallel()
	sound := (&player.Page{Profile: player.Profile{FirstSeen: 1, Market: "DE", Payer: player.Yes}}).AppendBinary(nil)
	for i := range sound {
		damaged := bytes.Clone(sound)
		damaged[i] ^= 4
		_, err := player.UnmarshalPage(damaged)
		require.Error(t, err, "byte %d", i)
		require.NotErrorIs(t, err, fold.ErrNewer)
	}
	newer := append(bytes.Clone(sound[:len(sound)-4]), 2, 1, 0)
	_, err := player.UnmarshalPage(binary.LittleEndian.AppendUint32(newer, crc32.ChecksumIEEE(newer)))
	require.ErrorIs(t, err, fold.ErrNewer)
}

func TestSeenIsKeptInSteps(t *testing.T) {
	t.Parallel()
	tables := fold.Tables{fold.PlayerPage: player.Pages{}}
	s := fold.NewScratch(&tables, fold.NewCache(0))
	changed := 0
	for seq := range int64(60) {
		e := told(seq+1, noon.Add(time.Duration(seq)*time.Minute), &laurelv1.User{}, "DE")
		player.Need(&e, s)
		require.NoError(t, s.Load(t.Context(), nil))
		s.Begin()
		player.Fold(&e, s)
		s.Changes(fold.PlayerPage, func(_, _ *fold.Row) { changed++ })
		s.Adopt()
	}
	require.Equal(t, 6, changed, "an hour of a player who does something each minute is six writes")
}

func anyPage(t *rapid.T) *player.Page {
	text := rapid.StringN(0, 8, 32)
	whole := rapid.Int64Range(0, 1<<52)
	return &player.Page{Profile: player.Profile{
		FirstSeen: whole.Draw(t, "first"), LastSeen: whole.Draw(t, "last"), Market: text.Draw(t, "market"), Platform: text.Draw(t, "platform"),
		Payer: player.Flag(rapid.IntRange(0, 2).Draw(t, "payer")), KYCLevel: player.Level(rapid.IntRange(0, 10).Draw(t, "kyc")),
		MarketAt: whole.Draw(t, "market at"), PlatformAt: whole.Draw(t, "platform at"), PayerAt: whole.Draw(t, "payer at"),
		KYCAt: whole.Draw(t, "kyc at"),
	}}
}

func TestPageSurvivesItsCodec(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		page := anyPage(t)
		read, err := player.UnmarshalPage(page.AppendBinary(nil))
		if err != nil || *read != *page {
			t.Fatalf("got %+v, %v, want %+v", read, err, page)
		}
	})
}

func FuzzUnmarshalPage(f *testing.F) {
	f.Add((&player.Page{Profile: player.Profile{FirstSeen: 1, Market: "DE", Payer: player.Yes}}).AppendBinary(nil))
	f.Add([]byte{1, 1, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		page, err := player.UnmarshalPage(b)
		if err != nil {
			return
		}
		again, err := player.UnmarshalPage(page.AppendBinary(nil))
		if err != nil || *again != *page {
			t.Fatalf("%x reads as %+v, and that as %+v, %v", b, page, again, err)
		}
	})
}

func TestPagesAreStored(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		keep := func(rows ...*fold.Row) {
			require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return player.Pages{}.Store(ctx, tx, rows) }))
		}
		row := &fold.Row{Key: fold.Key{Table: fold.PlayerPage, Subject: "ü"}, Partition: 5, Seq: 7,
			State: &player.Page{Profile: player.Profile{Market: "DE"}}}
		keep(row, &fold.Row{Key: fold.Key{Table: fold.PlayerPage, Subject: "v"}, State: &player.Page{}})
		row.Seq, row.State = 8, &player.Page{Profile: player.Profile{Market: "SE"}}
		keep(row)
		read, err := player.Pages{}.Load(t.Context(), s, []fold.Key{{Subject: "ü"}, {Subject: "nobody"}})
		require.NoError(t, err)
		require.Equal(t, []*fold.Row{row}, read)
	})
}
