package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/laurelhq/laurel/ent/db"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// serviceOn is a service on a database, at a time before every window of these tests. Nothing follows from what it publishes.
func serviceOn(s *store.Store, now *time.Time, steps ...Step) *Service {
	return NewService(Config{
		Store: s, Now: func() time.Time { return *now }, Steps: steps,
		Adopt: func(context.Context, *store.Tx, Published) error { return nil },
	})
}

var beforeAll = time.Date(2025, time.January, 1, 12, 0, 0, 0, time.UTC)

func TestPublishAndRead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := beforeAll
		service := serviceOn(s, &now)
		text := string(exampleYaml(t))
		first, changed, err := service.Publish(t.Context(), Publication{Yaml: text, BaseVersion: proto.Int32(0), By: "eve"})
		require.NoError(t, err)
		assert.True(t, changed)
		assert.Equal(t, int32(1), first.GetVersion())
		assert.Equal(t, exampleDocument(t).Hash, first.GetHash())
		assert.Equal(t, text, first.GetYaml())
		assert.Equal(t, "eve", first.GetPublishedBy())
		assert.True(t, first.GetPublishedAt().AsTime().Equal(now))

		again, changed, err := service.Publish(t.Context(), Publication{Yaml: "# comment\n" + text, By: "bob"})
		require.NoError(t, err)
		assert.False(t, changed, "a comment changes nothing")
		assert.True(t, proto.Equal(first, again))

		second, changed, err := service.Publish(t.Context(), Publication{Yaml: strings.Replace(text, "n: 20", "n: 10", 1),
			BaseVersion: proto.Int32(1)})
		require.NoError(t, err)
		assert.True(t, changed)
		assert.Equal(t, int32(2), second.GetVersion())

		_, _, err = service.Publish(t.Context(), Publication{Yaml: strings.Replace(text, "n: 20", "n: 11", 1), BaseVersion: proto.Int32(1)})
		var conflict *Conflict
		require.ErrorAs(t, err, &conflict)
		assert.Equal(t, Conflict{Kind: "Contest", ID: "t_october_sprint", Base: 1, Newest: 2}, *conflict)

		found, err := service.Get(t.Context(), "Contest", "t_october_sprint", 0)
		require.NoError(t, err)
		assert.True(t, proto.Equal(second, found))
		versions, err := service.ListVersions(t.Context(), "Contest", "t_october_sprint", store.Listing{Limit: 10})
		require.NoError(t, err)
		require.Len(t, versions, 2)
		assert.Equal(t, []int32{2, 1}, []int32{versions[0].GetVersion(), versions[1].GetVersion()})
		found, err = service.Get(t.Context(), "Contest", "t_october_sprint", 1)
		require.NoError(t, err)
		assert.True(t, proto.Equal(first, found))
		_, err = service.Get(t.Context(), "Contest", "t_october_sprint", 3)
		require.ErrorIs(t, err, ErrNotFound)
		_, err = service.Get(t.Context(), "Contest", "nobody", 0)
		require.ErrorIs(t, err, ErrNotFound)
	})
}

func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	now := beforeAll
	service := serviceOn(s, &now, Step{Kind: KindContest, Check: func(Message) []Problem {
		return []Problem{{Line: 1, Column: 5, Field: "scoring.formula", Message: "is not to my taste"}}
	}})
	_, _, err := service.Publish(t.Context(), Publication{Yaml: string(exampleYaml(t))})
	var invalid *Invalid
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, "line 8:17: scoring.formula: is not to my taste\n", wholeProblems(invalid.Problems))
	definitions, err := service.List(t.Context(), Listing{Limit: 1000})
	require.NoError(t, err)
	assert.Empty(t, definitions)

	service = serviceOn(s, &now)
	_, _, err = service.Publish(t.Context(), Publication{Yaml: string(exampleYaml(t)), BaseVersion: proto.Int32(4)})
	require.EqualError(t, errors.Unwrap(err), "Contest t_october_sprint was never published, so it has no version 4 to change; publish it "+
		"with base version 0")
}

// TestPublishersRace lets many publish different texts of one definition at once: every version is taken once, without gaps.
func TestPublishersRace(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := beforeAll
		service := serviceOn(s, &now)
		const publishers = 8
		var wait sync.WaitGroup
		failures := make([]error, publishers)
		for i := range publishers {
			wait.Go(func() {
				_, _, failures[i] = service.Publish(t.Context(), Publication{Yaml: contestNamed("race") + fmt.Sprintf("title: by %d\n", i)})
			})
		}
		wait.Wait()
		published := 0
		for _, err := range failures {
			if err == nil {
				published++
				continue
			}
			require.True(t, db.IsConstraintError(err), "an unlucky publisher is told so: %v", err)
		}
		versions, err := service.ListVersions(t.Context(), "Contest", "race", store.Listing{Limit: 1000})
		require.NoError(t, err)
		require.Len(t, versions, published)
		for i, version := range versions {
			assert.Equal(t, int32(published-i), version.GetVersion())
		}
		assert.Positive(t, published)
	})
}

// TestBaseVersionRace lets many change the same version: exactly one wins, the others get a conflict.
func TestBaseVersionRace(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := beforeAll
		service := serviceOn(s, &now)
		const publishers = 8
		var wait sync.WaitGroup
		failures := make([]error, publishers)
		for i := range publishers {
			wait.Go(func() {
				_, _, failures[i] = service.Publish(t.Context(), Publication{Yaml: contestNamed("race") + fmt.Sprintf("title: by %d\n", i),
					BaseVersion: proto.Int32(0)})
			})
		}
		wait.Wait()
		winners := 0
		for _, err := range failures {
			var conflict *Conflict
			if err == nil {
				winners++
			} else {
				require.ErrorAs(t, err, &conflict)
				assert.Equal(t, 1, conflict.Newest)
			}
		}
		assert.Equal(t, 1, winners)
	})
}

func TestStartedContestKeepsItsRules(t *testing.T) {
	t.Parallel()
	text := string(exampleYaml(t))
	for _, c := range []struct{ name, old, new, now, problem string }{
		{"before the start all may change", "n: 20", "n: 10", "2025-10-25T17:53:59Z", ""},
		{"right before the start, when events of fast clocks arrive", "n: 20", "n: 10", "2025-10-25T17:55:00Z",
			"line 11:1: leaderboard: can't change any more: the contest starts at 2025-10-25T21:00:00+03:00 and takes events from minutes " +
				"before; keep it as published, or publish a new contest with another id"},
		{"leaderboard", "n: 20", "n: 10", "2025-10-25T18:00:00Z",
			"line 11:1: leaderboard: can't change since the contest started at 2025-10-25T21:00:00+03:00; keep it as published, or publish a new " +
				"contest with another id"},
		{"scoring", "min_bet_minor: 50", "min_bet_minor: 60", "2025-10-25T18:30:00Z",
			"line 7:1: scoring: can't change since the contest started at 2025-10-25T21:00:00+03:00; keep it as published, or publish a new " +
				"contest with another id"},
		{"start", "start: 2025-10-25T18:00Z", "start: 2025-10-25T18:10Z", "2025-10-25T18:30:00Z",
			"line 3:17: window.start: can't change since the contest started at 2025-10-25T21:00:00+03:00; keep it as published, or publish a " +
				"new contest with another id"},
		{"the same start in other words", "start: 2025-10-25T18:00Z", "start: 2025-10-25T21:00", "2025-10-25T18:30:00Z", ""},
		{"title", "scope:", "title: New\nscope:", "2025-10-25T18:30:00Z", ""},
		{"title after the end", "scope:", "title: New\nscope:", "2025-10-25T20:30:00Z", ""},
		{"later end", "end: 2025-10-25T19:00Z", "end: 2025-10-25T20:00Z", "2025-10-25T18:30:00Z", ""},
		{"end in the past", "end: 2025-10-25T19:00Z", "end: 2025-10-25T18:10Z", "2025-10-25T18:30:00Z",
			"line 3:41: window.end: is in the past (it is 2025-10-25T18:30:00Z) and the contest is running; rounds after it have counted " +
				"already. Write an end that is to come"},
		{"end after the end", "end: 2025-10-25T19:00Z", "end: 2025-10-25T23:00Z", "2025-10-25T19:00:00Z",
			"line 3:1: window: can't change since the contest ended at 2025-10-25T22:00:00+03:00; keep it as published, or publish a new contest " +
				"with another id"},
		{"prizes after the end", "1000000", "2000000", "2025-10-25T19:00:00Z",
			"line 15:1: prizes: can't change since the contest ended at 2025-10-25T22:00:00+03:00; keep it as published, or publish a new " +
				"contest with another id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			now := beforeAll
			service := serviceOn(storetest.Open(t, store.SQLite), &now)
			_, _, err := service.Publish(t.Context(), Publication{Yaml: text})
			require.NoError(t, err)
			now, err = time.Parse(time.RFC3339, c.now)
			require.NoError(t, err)
			require.Contains(t, text, c.old)
			_, changed, err := service.Publish(t.Context(), Publication{Yaml: strings.Replace(text, c.old, c.new, 1)})
			if c.problem == "" {
				require.NoError(t, err)
				assert.True(t, changed)
				return
			}
			var invalid *Invalid
			require.ErrorAs(t, err, &invalid)
			assert.Equal(t, c.problem+"\n", wholeProblems(invalid.Problems))
		})
	}
}

func TestListAndVersions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := beforeAll
		service := serviceOn(s, &now)
		for _, id := range []string{"b", "a", "b", "c", "b"} {
			now = now.Add(time.Second)
			_, _, err := service.Publish(t.Context(), Publication{Yaml: contestNamed(id) + fmt.Sprintf("title: %d\n", now.Unix())})
			require.NoError(t, err)
		}
		definitions, err := service.List(t.Context(), Listing{Limit: 1000})
		require.NoError(t, err)
		var got []string
		for _, definition := range definitions {
			got = append(got, fmt.Sprintf("%s %d", definition.GetId(), definition.GetVersion()))
		}
		assert.Equal(t, []string{"a 1", "b 3", "c 1"}, got)
		definitions, err = service.List(t.Context(), Listing{Kind: "Mission", Limit: 1000})
		require.NoError(t, err)
		assert.Empty(t, definitions)
		require.NoError(t, s.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			newest, err := Newest(ctx, tx, KindContest)
			require.NoError(t, err)
			assert.Equal(t, map[string]int{"a": 1, "b": 3, "c": 1}, newest)
			found, err := Versions(ctx, tx, KindContest, map[string]int{"b": 2, "c": 1})
			require.NoError(t, err)
			slices.SortFunc(found, func(a, b Published) int { return strings.Compare(a.Message.GetId(), b.Message.GetId()) })
			require.Len(t, found, 2)
			assert.Equal(t, "b", found[0].Message.GetId())
			assert.Equal(t, int32(2), found[0].Definition.GetVersion())
			assert.Contains(t, found[0].Definition.GetYaml(), found[0].Message.GetTitle())
			_, err = Versions(ctx, tx, KindContest, map[string]int{"b": 4})
			require.ErrorIs(t, err, ErrNotFound)
			return nil
		}))
	})
}

// TestPublicationAndWhatFollowsAreOne has what follows from a publication fail, and then sees what it is told.
func TestPublicationAndWhatFollowsAreOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := beforeAll
		service := serviceOn(s, &now)
		full := errors.New("no room")
		service.Adopt = func(ctx context.Context, tx *store.Tx, published Published) error {
			require.NoError(t, tx.Ent().Setting.Create().SetID("followed").SetValue("1").Exec(ctx))
			return full
		}
		_, _, err := service.Publish(t.Context(), Publication{Yaml: contestNamed("a")})
		require.ErrorIs(t, err, full)
		definitions, err := service.List(t.Context(), Listing{Limit: 1000})
		require.NoError(t, err)
		assert.Empty(t, definitions)
		settings, err := s.Ent().Setting.Query().Count(t.Context())
		require.NoError(t, err)
		assert.Zero(t, settings, "what followed is undone with it")

		var told []string
		service.Adopt = func(_ context.Context, _ *store.Tx, published Published) error {
			told = append(told, fmt.Sprintf("%s %d %v", published.Message.GetId(), published.Definition.GetVersion(), published.TitleOnly))
			return nil
		}
		for _, text := range []string{"", "title: A\n", "title: A\n",
			"title: B\nprizes: {distribution: ladder, pool: {currency: EUR, total_minor: 5}}\n"} {
			_, _, err := service.Publish(t.Context(), Publication{Yaml: contestNamed("a") + text})
			require.NoError(t, err)
		}
		assert.Equal(t, []string{"a 1 false", "a 2 true", "a 3 false"}, told, "what changes nothing has nothing follow")
	})
}

func TestLoadFolder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := beforeAll
		service := serviceOn(s, &now)
		folder := folderOf(map[string]string{"a.yaml": contestNamed("a"), "b.yaml": contestNamed("b"), "rule.yaml": "kind: Rule\nrule_id: r\n"})
		report, err := service.LoadFolder(t.Context(), folder, "rules", "start")
		require.NoError(t, err)
		assert.Len(t, report.Published, 2)
		assert.Len(t, report.Skipped, 1)
		report, err = service.LoadFolder(t.Context(), folder, "rules", "start")
		require.NoError(t, err)
		assert.Empty(t, report.Published)
		assert.Len(t, report.Unchanged, 2)

		folder["c.yaml"] = folderOf(map[string]string{"c": "kind: Contest\nid: c\nbad: 1\n"})["c"]
		folder["aa.yaml"] = folderOf(map[string]string{"aa": contestNamed("aa")})["aa"]
		_, err = service.LoadFolder(t.Context(), folder, "rules", "start")
		var invalid *Invalid
		require.ErrorAs(t, err, &invalid)
		assert.Contains(t, invalid.Error(), "rules/c.yaml:3:1: bad: is not a field here")
		definitions, err := service.List(t.Context(), Listing{Limit: 1000})
		require.NoError(t, err)
		assert.Len(t, definitions, 2, "nothing of a folder with problems is published")
	})
}
