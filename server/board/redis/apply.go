package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/laurelhq/laurel/server/board"
)

const (
	// callCost bounds one Lua call, counted in entries: a script blocks its server, and this much takes about five milliseconds.
	callCost = 2000
	// batchCost is what a batch costs by itself, in entries.
	batchCost = 2
	// bytesPerEntry is a guess at the text of a score and a member.
	bytesPerEntry = 48
)

// What the apply script answers for a piece, beside board.Applied, Skipped and Lost, which it answers as they are numbered.
const (
	otherTie = 4
	torn     = 5
)

var (
	// errTie says that a batch's tie-breaks have another length than the board's.
	errTie = errors.New("tie has another length than the ties on the board; all ties of a board have the same length")
	// errTorn says that the board was loaded between two pieces of one large batch.
	errTorn = errors.New("the board was loaded while the batch was being applied; apply it again")
)

// lane is the batches that go to one slot, with what is still to be sent of them. Its calls go one after another: a call that overtook
// an earlier one would make Redis skip the earlier one's batches.
type lane struct {
	batches []int
	entry   int
	part    int
}

// piece is the part of a batch that goes into one call.
type piece struct {
	batch    int
	from, to int
	part     int
	last     bool
}

// Apply writes all batches with one script call, or one for each slot of a cluster, in one round trip. Batches of more than callCost
// entries together need further calls. Results of a batch whose board is loaded in between is an error, as is any failure
// on the way; applying the same batches again is safe.
func (e *Engine) Apply(ctx context.Context, batches []board.Batch) ([]board.Result, error) {
	for i := range batches {
		if err := check(&batches[i]); err != nil {
			return nil, err
		}
	}
	results := make([]board.Result, len(batches))
	lost := make(map[string]bool)
	lanes := e.lanes(batches)
	for {
		var calls []call
		var sent [][]piece
		for _, l := range lanes {
			if pieces := l.next(batches, results, lost); len(pieces) > 0 {
				calls = append(calls, e.write(batches, pieces))
				sent = append(sent, pieces)
			}
		}
		if len(calls) == 0 {
			return results, nil
		}
		replies, err := e.apply.run(ctx, e.client, calls)
		if err != nil {
			return nil, fmt.Errorf("apply to boards: %w", err)
		}
		for i, reply := range replies {
			verdicts, err := reply.Int64Slice()
			if err == nil {
				err = judge(batches, sent[i], verdicts, results, lost)
			}
			if err != nil {
				return nil, fmt.Errorf("apply to boards: %w", err)
			}
		}
	}
}

func check(b *board.Batch) error {
	if err := b.Check(); err != nil {
		return err
	}
	for i := range b.Entries {
		if err := b.Entries[i].Check(len(b.Entries[0].Tie)); err != nil {
			return fmt.Errorf("apply to board %q: %w", b.Board, err)
		}
	}
	return nil
}

// lanes sorts the batches by slot, or leaves them together on a single server.
func (e *Engine) lanes(batches []board.Batch) []*lane {
	if !e.cluster {
		all := &lane{batches: make([]int, len(batches))}
		for i := range batches {
			all.batches[i] = i
		}
		return []*lane{all}
	}
	var lanes []*lane
	bySlot := make(map[int]*lane)
	for i := range batches {
		s := slot(batches[i].Board)
		if bySlot[s] == nil {
			bySlot[s] = &lane{}
			lanes = append(lanes, bySlot[s])
		}
		bySlot[s].batches = append(bySlot[s].batches, i)
	}
	return lanes
}

// next takes the pieces of the lane's next call, and settles on the way the batches whose board an earlier call found lost.
func (l *lane) next(batches []board.Batch, results []board.Result, lost map[string]bool) []piece {
	var pieces []piece
	for cost := 0; len(l.batches) > 0; {
		i := l.batches[0]
		if lost[batches[i].Board] {
			results[i] = board.Lost
		}
		if results[i] == board.Lost || results[i] == board.Skipped {
			l.advance()
			continue
		}
		cost += batchCost
		if cost >= callCost {
			break
		}
		entries := len(batches[i].Entries)
		p := piece{batch: i, from: l.entry, to: min(entries, l.entry+callCost-cost), part: l.part}
		p.last = p.to == entries
		pieces = append(pieces, p)
		cost += p.to - p.from
		if !p.last {
			l.entry, l.part = p.to, l.part+1
			break
		}
		l.advance()
	}
	return pieces
}

func (l *lane) advance() {
	l.batches, l.entry, l.part = l.batches[1:], 0, 0
}

// write makes the call for some pieces. Texts are cut from one string, and arguments are pointers to them, so that a large call
// costs a few allocations and not several an entry.
func (e *Engine) write(batches []board.Batch, pieces []piece) call {
	var c call
	for _, p := range pieces {
		b := &batches[p.batch]
		entries := latest(b.Entries[p.from:p.to])
		last, tie := 0, 0
		if p.last {
			last = 1
		}
		if len(entries) > 0 {
			tie = len(entries[0].Tie)
		}
		c.keys = append(c.keys, e.keys(b.Board)...)
		c.arguments = append(c.arguments, b.Partition, b.Seq, p.part, last, tie, len(entries))
		for i := range entries {
			c.arguments = append(c.arguments, &entries[i].UserID)
		}
		c.arguments = appendScored(c.arguments, entries)
	}
	return c
}

// appendScored appends each entry's score and member.
func appendScored(arguments []any, entries []board.Entry) []any {
	text := make([]byte, 0, len(entries)*bytesPerEntry)
	ends := make([]int, 0, 2*len(entries))
	for i := range entries {
		text = strconv.AppendInt(text, -entries[i].Units, 10)
		ends = append(ends, len(text))
		text = append(text, entries[i].Tie...)
		text = append(text, entries[i].UserID...)
		ends = append(ends, len(text))
	}
	whole, start := string(text), 0
	words := make([]string, len(ends))
	for i, end := range ends {
		words[i] = whole[start:end]
		arguments = append(arguments, &words[i])
		start = end
	}
	return arguments
}

// latest keeps the last entry of each player. A second one would leave the first one's member on the board for good.
func latest(entries []board.Entry) []board.Entry {
	at := make(map[string]int, len(entries))
	for i := range entries {
		at[entries[i].UserID] = i
	}
	if len(at) == len(entries) {
		return entries
	}
	kept := make([]board.Entry, 0, len(at))
	for i := range entries {
		if at[entries[i].UserID] == i {
			kept = append(kept, entries[i])
		}
	}
	return kept
}

// judge notes what became of the pieces of a call.
func judge(batches []board.Batch, pieces []piece, verdicts []int64, results []board.Result, lost map[string]bool) error {
	if len(verdicts) != len(pieces) {
		return errReply
	}
	for i, p := range pieces {
		id := batches[p.batch].Board
		switch verdicts[i] {
		case int64(board.Applied), int64(board.Skipped):
			results[p.batch] = board.Result(verdicts[i])
		case int64(board.Lost):
			results[p.batch] = board.Lost
			lost[id] = true
		case otherTie:
			return fmt.Errorf("board %q: %w", id, errTie)
		case torn:
			return fmt.Errorf("board %q: %w", id, errTorn)
		default:
			return errReply
		}
	}
	return nil
}
