package redis

import "strings"

// clusterSlots is the number of hash slots of a Redis Cluster.
const clusterSlots = 16384

// tagEscape keeps a closing brace in a board's id from ending the hash tag early.
var tagEscape = strings.NewReplacer("%", "%25", "}", "%7D")

// tag is what decides the slot of a board's keys. It is never empty, since Redis ignores an empty hash tag.
func tag(board string) string {
	if board == "" {
		return "%"
	}
	return tagEscape.Replace(board)
}

func (e *Engine) key(board, part string) string {
	return e.prefix + ":{" + tag(board) + "}:" + part
}

// keys are the board's rank, member and position keys, in the order in which all scripts expect them.
func (e *Engine) keys(board string) []string {
	return []string{e.key(board, "rank"), e.key(board, "member"), e.key(board, "position")}
}

// slot is the hash slot of a board's keys: CRC-16/XMODEM of the hash tag (Redis Cluster specification).
func slot(board string) int {
	crc := uint16(0)
	for _, b := range []byte(tag(board)) {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return int(crc) % clusterSlots
}
