package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

const purposeSeal = "sealed values"

// sealer hides values that callers carry around for us, such as the place where a page goes on.
type sealer struct {
	key  []byte
	aead cipher.AEAD
}

func newSealer(installation []byte) (sealer, error) {
	mac := hmac.New(sha256.New, installation)
	mac.Write([]byte(purposeSeal))
	key := mac.Sum(nil)
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, fmt.Errorf("open seal: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return sealer{}, fmt.Errorf("open seal: %w", err)
	}
	return sealer{key: key, aead: aead}, nil
}

// Seal encrypts a value so that only a process of this installation can read it, and nobody can change it. The same value
// gives the same text: the nonce is derived from it, which keeps equal answers equal for caches.
func (s *Service) Seal(value []byte) string {
	mac := hmac.New(sha256.New, s.seal.key)
	mac.Write(value)
	nonce := mac.Sum(nil)[:s.seal.aead.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(s.seal.aead.Seal(nonce, nonce, value, nil))
}

// Unseal reads what Seal wrote; ok is false for anything else.
func (s *Service) Unseal(text string) (value []byte, ok bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || hasLineEnd(text) || len(sealed) < s.seal.aead.NonceSize() {
		return nil, false
	}
	nonce := sealed[:s.seal.aead.NonceSize()]
	value, err = s.seal.aead.Open(nil, nonce, sealed[len(nonce):], nil)
	return value, err == nil
}

// hasLineEnd reports whether a text has a line end, which decoders of base64 and base32 pass over, strict or not. What was given out has
// none, and only that comes back in.
func hasLineEnd(text string) bool { return strings.ContainsAny(text, "\r\n") }
