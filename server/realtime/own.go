package realtime

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
)

// ownState is what a subscription was told of the player's own place.
type ownState struct {
	// owed is set when the place must be sent though it may be the same, after a snapshot.
	owed bool
	// told is set once anything was sent; units and print are what it was.
	told  bool
	units int64
	print uint64
	// seen is the reading of the board that was last looked at for this player, and seenMicros when that was.
	seen       int64
	seenMicros int64
	// misses counts how often in a row the rows around him could not be read whole, because the board moved.
	misses int8
}

// maxMisses is how often the rows around a player are tried before he is told what there is.
const maxMisses = 5

// ask is a subscription that waits to be told.
type ask struct {
	subscription *subscription
	userID       string
	around       int64
	own          ownState
	row          board.Row
	found        surroundings
	whole        bool
}

// urgent reports whether the player himself scored or was promised an answer; for the others only what is around them changed.
func (a ask) urgent() bool {
	return a.own.owed || !a.own.told || a.own.units != a.row.Units
}

// pushOwn tells the players of a board their own places: ranks in one call, the rows around them in few. It gives when those who were
// looked at too recently are to be told what others did meanwhile; zero when there are none.
func (h *Hub) pushOwn(ctx context.Context, f *feed, changed bool, top reading) (again time.Time, err error) {
	asks := f.asks(changed)
	if len(asks) == 0 {
		return again, nil
	}
	if err := h.rank(ctx, f.channel.ID, asks); err != nil {
		return again, err
	}
	now := h.config.Now()
	due, later := split(asks, now.Add(-h.config.Limits.OwnEvery).UnixMicro())
	if later != 0 {
		// Those who follow soon after the first are told along with him.
		again = time.UnixMicro(later).Add(h.config.Limits.OwnEvery + h.config.Limits.OwnEvery/ownGather)
	}
	chosen := choose(due, h.config.Limits.OwnPlaces)
	if err := h.lookAround(ctx, f.channel.ID, chosen, top); err != nil {
		return again, err
	}
	names, err := h.names.of(ctx, namesNeeded(chosen))
	if err != nil {
		return again, err
	}
	told := h.tellOwn(f, chosen, names, now.UnixMicro())
	if !told || len(chosen) < len(due) {
		h.timetable.want(f)
	}
	return again, nil
}

// ownGather is the part of OwnEvery for which players wait for others, so that their ranks are read in one call.
const ownGather = 4

// asks gives the subscriptions that wait: all players after a change, else those who are owed something or were left over.
func (f *feed) asks(changed bool) []ask {
	f.mu.Lock()
	defer f.mu.Unlock()
	if changed {
		f.readings++
	}
	var asks []ask
	for s := range f.players {
		if s.own.owed || s.own.seen < f.readings {
			asks = append(asks, ask{subscription: s, userID: s.connection.viewer.UserID, around: s.around, own: s.own})
		}
	}
	return asks
}

// rank fills in everyone's row.
func (h *Hub) rank(ctx context.Context, contestID string, asks []ask) error {
	users := make([]string, 0, len(asks))
	ranked := make(map[string]board.Row, len(asks))
	for _, a := range asks {
		// A player may sit at several sockets.
		if _, twice := ranked[a.userID]; !twice {
			ranked[a.userID] = board.Row{}
			users = append(users, a.userID)
		}
	}
	rows, err := h.config.Boards.Rank(ctx, contestID, users)
	if err != nil {
		return fmt.Errorf("read ranks: %w", err)
	}
	for _, row := range rows {
		ranked[row.UserID] = row
	}
	for i := range asks {
		asks[i].row = ranked[asks[i].userID]
		asks[i].row.UserID = asks[i].userID
	}
	return nil
}

// split gives those of a board who are to be looked at: whoever is urgent, and who was last looked at before a given time. seenMicros is
// when the first of the others was; 0 when there is none.
func split(asks []ask, beforeMicros int64) (due []ask, seenMicros int64) {
	due = make([]ask, 0, len(asks))
	for _, a := range asks {
		switch {
		case a.urgent() || a.own.seenMicros <= beforeMicros:
			due = append(due, a)
		case seenMicros == 0 || a.own.seenMicros < seenMicros:
			seenMicros = a.own.seenMicros
		}
	}
	return due, seenMicros
}

// choose gives at most limit of those who wait: first whoever is urgent, then who was last looked at longest ago.
func choose(due []ask, limit int) []ask {
	if len(due) <= limit {
		return due
	}
	slices.SortStableFunc(due, func(a, b ask) int {
		if a.urgent() != b.urgent() {
			if a.urgent() {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.own.seenMicros, b.own.seenMicros)
	})
	return due[:limit]
}

// lookAround reads the rows around the players and fills in what each is told. Rows of the top that were just read serve again.
func (h *Hub) lookAround(ctx context.Context, contestID string, asks []ask, top reading) error {
	var needed []span
	for _, a := range asks {
		if a.row.Place > 0 {
			needed = append(needed, spanAround(a.row.Place, a.around))
		}
	}
	spans := mergeSpans(needed)
	pages := make([][]board.Row, len(spans))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(h.config.Limits.RangeWorkers)
	for i, s := range spans {
		if s.to <= int64(len(top.page.Rows)) {
			pages[i] = top.page.Rows[s.from:s.to]
			continue
		}
		work.Go(func() error {
			page, err := h.config.Boards.Page(ctx, contestID, s.from, s.to-s.from)
			pages[i] = page.Rows
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return fmt.Errorf("read rows around players: %w", err)
	}
	for i := range asks {
		a := &asks[i]
		if a.row.Place == 0 {
			a.found, a.whole = surroundings{row: a.row}, true
			continue
		}
		in := spanOf(spans, spanAround(a.row.Place, a.around))
		a.found, a.whole = look(pages[in], a.row, a.around, spans[in])
	}
	return nil
}

func namesNeeded(asks []ask) []string {
	var users []string
	for _, a := range asks {
		users = append(users, a.userID)
		for _, row := range a.found.near {
			users = append(users, row.UserID)
		}
	}
	return users
}

// tellOwn queues the places that differ from what was told, and reports whether nobody has to be looked at again.
func (h *Hub) tellOwn(f *feed, asks []ask, names map[string]PublicName, nowMicros int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	done := true
	for _, a := range asks {
		s := a.subscription
		if s.group == nil {
			continue
		}
		if !s.group.ready {
			done = false
			continue
		}
		if !a.whole && s.own.misses < maxMisses {
			s.own.misses++
			done = false
			continue
		}
		s.own.misses = 0
		s.own.seen, s.own.seenMicros = f.readings, nowMicros
		h.tellPlace(s, a.found, names)
	}
	return done
}

// print gives a number that differs, in all likelihood, when what is told differs. It is taken for every player who is looked at, and
// mostly finds that there is nothing to tell.
func (f surroundings) print(names map[string]PublicName) uint64 {
	sum := printRow(uint64(f.toNext), f.row, names)
	for _, row := range f.near {
		sum = printRow(sum, row, names)
	}
	return sum
}

func printRow(seed uint64, row board.Row, names map[string]PublicName) uint64 {
	var numbers [24]byte
	binary.LittleEndian.PutUint64(numbers[:], seed)
	binary.LittleEndian.PutUint64(numbers[8:], uint64(row.Place))
	binary.LittleEndian.PutUint64(numbers[16:], uint64(row.Units))
	return xxh3.HashStringSeed(names[row.UserID].Name, xxh3.HashStringSeed(row.UserID, xxh3.Hash(numbers[:])))
}

// tellPlace queues one player's place unless he was told the same. Callers hold the feed's lock.
func (h *Hub) tellPlace(s *subscription, found surroundings, names map[string]PublicName) {
	sum := found.print(names)
	if s.own.told && !s.own.owed && s.own.print == sum {
		return
	}
	me := &laurelv1.OwnPlace{
		Row:         showRow(found.row, names[found.row.UserID], true),
		ToNextUnits: found.toNext,
	}
	for _, row := range found.near {
		seesID := s.group.key.userIDs || row.UserID == found.row.UserID
		me.Around = append(me.Around, showRow(row, names[row.UserID], seesID))
	}
	if s.own.told {
		me.DeltaUnits = found.row.Units - s.own.units
	}
	frame := &laurelv1.ServerFrame{Frame: &laurelv1.ServerFrame_Own{Own: &laurelv1.OwnPlaceUpdate{
		Channel:  s.channel.message(),
		Epoch:    s.group.epoch,
		Revision: s.group.revision,
		Me:       me,
	}}}
	if s.connection.tell(frame, s) {
		s.own.owed, s.own.told = false, true
		s.own.units, s.own.print = found.row.Units, sum
	}
}
