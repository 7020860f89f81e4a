package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
)

// keyBytes of the HMAC become a player key: 80 bits, 16 characters of base32.
const keyBytes = 10

// lowerBase32 has no characters that look alike and needs no quoting in URLs.
var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// PublicName is what strangers see of a player.
type PublicName struct {
	// Key tells players apart without telling who they are; 16 characters, stable within the installation.
	Key string
	// Name is the public name the player agreed to, else a pseudonym such as Swift Otter 4821. Two players can have the same Name, never the
	// same Key.
	Name string
}

// pseudonym derives key and name from the user id. Without the installation's key nobody can go back to the user id, nor
// test a guess at it.
func pseudonym(key []byte, userID string) PublicName {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(userID))
	sum := mac.Sum(nil)
	words := sum[keyBytes:]
	adjective := adjectives[int(binary.BigEndian.Uint32(words))%len(adjectives)]
	animal := animals[int(binary.BigEndian.Uint32(words[4:]))%len(animals)]
	number := binary.BigEndian.Uint32(words[8:]) % 10_000
	return PublicName{
		Key:  lowerBase32.EncodeToString(sum[:keyBytes]),
		Name: fmt.Sprintf("%s %s %04d", adjective, animal, number),
	}
}
