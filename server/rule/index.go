package rule

import (
	"slices"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
)

// maxKeys bounds the keys that one program takes in an index for one event name. A scope with more combinations is kept under fewer of its
// dimensions, and what the key does not say is compared when it is met.
const maxKeys = 1000

// The dimensions of a key.
const (
	byMarket = 1 << iota
	byBrand
	byProvider
)

// Index finds the programs that an event can match, at a cost that grows with those and not with all there are. It is immutable and safe
// for concurrent use.
type Index struct {
	names map[string]*nameIndex
	known *catalog.Vocabulary
}

// With returns the index with another vocabulary: the currencies and rates by which amounts count.
func (x *Index) With(known *catalog.Vocabulary) *Index { return &Index{names: x.names, known: known} }

// nameIndex holds the programs of one event name. used says which sets of dimensions any program is kept under: mostly one or two of eight.
type nameIndex struct {
	used     []int
	programs map[scopeKey][]*Program
}

type scopeKey struct {
	dimensions              int
	market, brand, provider string
}

// NewIndex returns an index of programs.
func NewIndex(programs []*Program) *Index {
	x := &Index{names: map[string]*nameIndex{}}
	for _, program := range programs {
		for _, name := range program.events {
			names := x.names[name]
			if names == nil {
				names = &nameIndex{programs: map[scopeKey][]*Program{}}
				x.names[name] = names
			}
			names.add(program)
		}
	}
	return x
}

func (n *nameIndex) add(program *Program) {
	scopes := [...][]string{program.markets, program.brands, program.providers}
	kept, keys := 0, 1
	// The dimensions with the fewest values first, so that the largest are the ones left out.
	order := []int{0, 1, 2}
	slices.SortStableFunc(order, func(a, b int) int { return len(scopes[a]) - len(scopes[b]) })
	for _, dimension := range order {
		if count := len(scopes[dimension]); count > 0 && keys*count <= maxKeys {
			kept |= 1 << dimension
			keys *= count
		}
	}
	if !slices.Contains(n.used, kept) {
		n.used = append(n.used, kept)
		slices.Sort(n.used)
	}
	values := func(dimension int) []string {
		if kept&(1<<dimension) == 0 {
			return []string{""}
		}
		return scopes[dimension]
	}
	for _, market := range values(0) {
		for _, brand := range values(1) {
			for _, provider := range values(2) {
				key := scopeKey{kept, market, brand, provider}
				n.programs[key] = append(n.programs[key], program)
			}
		}
	}
}

// Match returns the programs whose event names and scope an event is within; Score may still refuse it. Programs come in the order of
// NewIndex within a set of dimensions, and the order is the same for equal events. The caller must not change the result.
func (x *Index) Match(e *laurelv1.Event) []*Program {
	names := x.names[e.GetName()]
	if names == nil {
		return nil
	}
	var matched []*Program
	shared := false // matched is a slice of the index
	for _, used := range names.used {
		found := names.lookup(used, e)
		switch {
		case len(found) == 0:
		case matched == nil:
			matched, shared = found, true
		case shared:
			matched, shared = slices.Concat(matched, found), false
		default:
			matched = append(matched, found...)
		}
	}
	for i, program := range matched {
		if program.outOfScope(e) == Counted {
			continue
		}
		within := slices.Clone(matched[:i])
		for _, other := range matched[i+1:] {
			if other.outOfScope(e) == Counted {
				within = append(within, other)
			}
		}
		return within
	}
	return matched
}

func (n *nameIndex) lookup(used int, e *laurelv1.Event) []*Program {
	key := scopeKey{dimensions: used}
	if used&byMarket != 0 {
		key.market = e.GetMarket()
	}
	if used&byBrand != 0 {
		key.brand = e.GetBrand()
	}
	if used&byProvider != 0 {
		key.provider = e.GetGame().GetProvider()
	}
	return n.programs[key]
}
