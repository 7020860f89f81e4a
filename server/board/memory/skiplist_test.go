package memory_test

import (
	"math/rand/v2"

	"github.com/laurelhq/laurel/server/board"
)

const skipLevels = 32

// skipNode is a node of a skip list with spans, laid out as Redis' sorted set lays out its own (t_zset.c).
type skipNode struct {
	entry  board.Entry
	levels []skipLevel
}

type skipLevel struct {
	next *skipNode
	span int
}

// skipList is the benchmarks' yardstick: the structure most leaderboard servers use, with a map from user to node.
type skipList struct {
	head   *skipNode
	level  int
	length int
	nodes  map[string]*skipNode
	random *rand.Rand
}

func newSkipList() *skipList {
	return &skipList{
		head:   &skipNode{levels: make([]skipLevel, skipLevels)},
		level:  1,
		nodes:  make(map[string]*skipNode),
		random: rand.New(rand.NewPCG(1, 2)),
	}
}

func (l *skipList) randomLevel() int {
	level := 1
	for level < skipLevels && l.random.IntN(4) == 0 {
		level++
	}
	return level
}

func (l *skipList) put(e board.Entry) {
	if old, ok := l.nodes[e.UserID]; ok {
		l.remove(old)
	}
	var update [skipLevels]*skipNode
	var rank [skipLevels]int
	at := l.head
	for i := l.level - 1; i >= 0; i-- {
		if i < l.level-1 {
			rank[i] = rank[i+1]
		}
		for next := at.levels[i].next; next != nil && board.Compare(next.entry, e) < 0; next = at.levels[i].next {
			rank[i] += at.levels[i].span
			at = next
		}
		update[i] = at
	}
	level := l.randomLevel()
	for ; l.level < level; l.level++ {
		update[l.level] = l.head
		l.head.levels[l.level].span = l.length
	}
	node := &skipNode{entry: e, levels: make([]skipLevel, level)}
	for i := range level {
		prev := &update[i].levels[i]
		node.levels[i] = skipLevel{next: prev.next, span: prev.span - (rank[0] - rank[i])}
		*prev = skipLevel{next: node, span: rank[0] - rank[i] + 1}
	}
	for i := level; i < l.level; i++ {
		update[i].levels[i].span++
	}
	l.length++
	l.nodes[e.UserID] = node
}

func (l *skipList) remove(node *skipNode) {
	at := l.head
	for i := l.level - 1; i >= 0; i-- {
		for next := at.levels[i].next; next != nil && board.Compare(next.entry, node.entry) < 0; next = at.levels[i].next {
			at = next
		}
		if i < len(node.levels) {
			at.levels[i].span += node.levels[i].span - 1
			at.levels[i].next = node.levels[i].next
		} else {
			at.levels[i].span--
		}
	}
	for l.level > 1 && l.head.levels[l.level-1].next == nil {
		l.level--
	}
	l.length--
}

// place counts from 1; 0 is for a player who is not there.
func (l *skipList) place(user string) int {
	node, ok := l.nodes[user]
	if !ok {
		return 0
	}
	place := 0
	at := l.head
	for i := l.level - 1; i >= 0; i-- {
		for next := at.levels[i].next; next != nil && board.Compare(next.entry, node.entry) <= 0; next = at.levels[i].next {
			place += at.levels[i].span
			at = next
		}
	}
	return place
}
