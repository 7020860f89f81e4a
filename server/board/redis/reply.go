package redis

import (
	"errors"
	"fmt"
	"strconv"

	goredis "github.com/redis/go-redis/v9"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/journal"
)

// pageWords is the length of the page script's reply.
const pageWords = 4

// errReply says that a script answered something it never answers: a proxy in between, or another program's script.
var errReply = errors.New("reply of the board script is malformed")

// list reads a reply that is a list; no list at all says that the board is lost.
func list(reply *goredis.Cmd) ([]any, error) {
	words, err := reply.Slice()
	if errors.Is(err, goredis.Nil) {
		return nil, board.ErrLost
	}
	return words, err
}

// readPage reads players, tie length, members with scores, and partitions with positions.
func readPage(reply *goredis.Cmd, from int64) (page board.Page, err error) {
	words, err := list(reply)
	if err != nil {
		return page, err
	}
	if len(words) != pageWords {
		return page, errReply
	}
	total, isTotal := words[0].(int64)
	tie, isTie := words[1].(int64)
	if !isTotal || !isTie {
		return page, errReply
	}
	page.Total = total
	if page.Rows, err = readRows(words[2], int(tie), from); err != nil {
		return page, err
	}
	page.Positions, err = readPositions(words[3])
	return page, err
}

// readRows reads members with scores.
func readRows(word any, tie int, from int64) ([]board.Row, error) {
	pairs, isList := word.([]any)
	if !isList || len(pairs)%2 != 0 {
		return nil, errReply
	}
	rows := make([]board.Row, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		member, isText := pairs[i].(string)
		if !isText || len(member) < tie {
			return nil, errReply
		}
		units, err := readUnits(pairs[i+1])
		if err != nil {
			return nil, err
		}
		rows = append(rows, board.Row{
			Entry: board.Entry{UserID: member[tie:], Units: units, Tie: member[:tie]},
			Place: from + int64(len(rows)) + 1,
		})
	}
	return rows, nil
}

// readPositions reads partitions and positions in turn, in no order.
func readPositions(word any) (journal.Positions, error) {
	pairs, isList := word.([]any)
	if !isList || len(pairs)%2 != 0 {
		return nil, errReply
	}
	var positions journal.Positions
	for i := 0; i < len(pairs); i += 2 {
		partition, err := readWhole(pairs[i])
		if err != nil || partition >= board.MaxPartitions {
			return nil, errReply
		}
		for int64(len(positions)) <= partition {
			positions = append(positions, 0)
		}
		if positions[partition], err = readWhole(pairs[i+1]); err != nil {
			return nil, errReply
		}
	}
	return positions, nil
}

// readWhole reads a number of 0 or more.
func readWhole(word any) (int64, error) {
	text, isText := word.(string)
	if !isText {
		return 0, errReply
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err == nil && number < 0 {
		err = errReply
	}
	return number, err
}

// readRanks reads the load of the board, then index, score and tie, or -1, for each user.
func readRanks(reply *goredis.Cmd, users []string) (load string, rows []board.Row, err error) {
	words, err := list(reply)
	if err != nil {
		return "", nil, err
	}
	if len(words) == 0 {
		return "", nil, errReply
	}
	load, isLoad := words[0].(string)
	words = words[1:]
	rows = make([]board.Row, len(users))
	for i, user := range users {
		rows[i].UserID = user
		if len(words) == 0 || !isLoad {
			return "", nil, errReply
		}
		index, isIndex := words[0].(int64)
		if !isIndex {
			return "", nil, errReply
		}
		words = words[1:]
		if index < 0 {
			continue
		}
		if len(words) < 2 {
			return "", nil, errReply
		}
		if rows[i].Units, err = readUnits(words[0]); err != nil {
			return "", nil, err
		}
		tie, isTie := words[1].(string)
		if !isTie {
			return "", nil, errReply
		}
		rows[i].Tie, rows[i].Place = tie, index+1
		words = words[2:]
	}
	return load, rows, nil
}

// readUnits turns a score of the sorted set back to units. Redis keeps scores as doubles, in which all units are exact, and may
// write large ones with an exponent.
func readUnits(word any) (int64, error) {
	text, isText := word.(string)
	if !isText {
		return 0, errReply
	}
	if score, err := strconv.ParseInt(text, 10, 64); err == nil {
		return -score, nil
	}
	score, err := strconv.ParseFloat(text, 64)
	if err != nil || score != float64(int64(score)) {
		return 0, fmt.Errorf("%w: score %q", errReply, text)
	}
	return -int64(score), nil
}
