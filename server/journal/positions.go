package journal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Positions are places in the journal, one for each partition; the index is the partition. Positions of different partitions need not be
// comparable: in a log such as Kafka each partition counts for itself. The SQL journal numbers all partitions together and often fills in
// one number.
type Positions []int64

// Uniform are positions that are the same in every partition.
func Uniform(partitions int, position int64) Positions {
	return slices.Repeat(Positions{position}, partitions)
}

// All lists the partitions of this installation.
func (j *Journal) All() []int {
	all := make([]int, j.partitions)
	for i := range all {
		all[i] = i
	}
	return all
}

// Covers reports whether a position of a partition lies at or below these.
func (p Positions) Covers(partition int, seq int64) bool { return seq <= p[partition] }

// Sum adds the positions of all partitions: it grows whenever one of them does.
func (p Positions) Sum() (sum int64) {
	for _, position := range p {
		sum += position
	}
	return sum
}

// String is one number when all positions are equal, else all of them with commas between, in the order of the partitions. It is how
// positions are stored and hashed.
func (p Positions) String() string {
	if len(p) == 0 {
		return ""
	}
	if !slices.ContainsFunc(p, func(position int64) bool { return position != p[0] }) {
		return strconv.FormatInt(p[0], 10)
	}
	var text strings.Builder
	for i, position := range p {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString(strconv.FormatInt(position, 10))
	}
	return text.String()
}

// ParsePositions reads what String wrote, for a number of partitions.
func ParsePositions(text string, partitions int) (Positions, error) {
	words := strings.Split(text, ",")
	if len(words) != 1 && len(words) != partitions {
		return nil, fmt.Errorf("positions of %d partitions: want one number or %d, got %d", partitions, partitions, len(words))
	}
	positions := make(Positions, partitions)
	for i := range positions {
		position, err := strconv.ParseInt(words[min(i, len(words)-1)], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("positions of %d partitions: %w", partitions, err)
		}
		positions[i] = position
	}
	return positions, nil
}
