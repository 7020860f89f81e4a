package main

import (
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

const (
	// roomShare is the part of the memory, one in so many, that standings may take which are folded anew: as much again is garbage before it
	// is collected, and they are compared by a map of their own. A million standings of a sum are counted as 262 MB and take 286 MB.
	roomShare = 4
	// leastRoom is what they may take however little memory there seems to be, unknownMemory what there is taken to be where nobody says.
	leastRoom, unknownMemory = 64 << 20, 4 << 30
)

// Where Linux says how much memory there is: for the machine, and for the group of processes that a container is.
const (
	machineMemory = "/proc/meminfo"
	groupLimit    = "/sys/fs/cgroup/memory.max"
	groupUse      = "/sys/fs/cgroup/memory.current"
)

// refoldRoom is how many bytes standings may take that are folded anew: a part of GOMEMLIMIT, or of what the machine or the container has
// left.
func refoldRoom() int {
	read := func(name string) string {
		text, _ := os.ReadFile(name) // other systems have none of these
		return string(text)
	}
	return roomOf(memoryLeft(debug.SetMemoryLimit(-1), read))
}

// roomOf is the part of some bytes of memory that standings may take.
func roomOf(memory int64) int { return int(max(memory/roomShare, leastRoom)) }

// memoryLeft is how many bytes this process may still take.
func memoryLeft(limit int64, read func(name string) string) int64 {
	left := int64(unknownMemory)
	for line := range strings.Lines(read(machineMemory)) {
		if kilobytes, is := strings.CutPrefix(line, "MemAvailable:"); is {
			if free, known := wholeNumber(strings.TrimSuffix(strings.TrimSpace(kilobytes), " kB")); known && free < math.MaxInt64>>10 {
				left = free << 10
			}
		}
	}
	most, limited := wholeNumber(read(groupLimit)) // or the word max
	if used, known := wholeNumber(read(groupUse)); limited && known {
		left = min(left, max(most-used, 0))
	}
	if limit > 0 {
		left = min(left, limit)
	}
	return left
}

func wholeNumber(text string) (number int64, is bool) {
	number, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return number, err == nil
}
