package identity

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// DefaultTokenTTL is how long a player token is valid when nothing else is asked for.
	DefaultTokenTTL = 15 * time.Minute
	// MaxTokenTTL bounds the validity of a player token.
	MaxTokenTTL = 24 * time.Hour

	maxUserIDBytes = 128
	tokenAudience  = "laurel"
	tokenIssuer    = "laurel"
	// tokenLeeway forgives clocks of several servers that differ a little.
	tokenLeeway = 30 * time.Second

	purposeToken     = "player_token"
	purposePseudonym = "pseudonym"
	pseudonymBytes   = 32
)

// tokenSigner signs and checks player tokens with the installation's Ed25519 key.
type tokenSigner struct {
	id  string
	key ed25519.PrivateKey
}

func openTokenSigner(ctx context.Context, store records) (tokenSigner, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return tokenSigner{}, fmt.Errorf("make token key: %w", err)
	}
	stored, err := store.keyFor(ctx, purposeToken, installationKey{id: keyIDOf(public), secret: private.Seed()})
	if err != nil {
		return tokenSigner{}, err
	}
	if len(stored.secret) != ed25519.SeedSize {
		return tokenSigner{}, fmt.Errorf("signing key %s has %d bytes; an Ed25519 seed has %d", stored.id, len(stored.secret), ed25519.SeedSize)
	}
	return tokenSigner{id: stored.id, key: ed25519.NewKeyFromSeed(stored.secret)}, nil
}

func openPseudonymKey(ctx context.Context, store records) ([]byte, error) {
	secret := make([]byte, pseudonymBytes)
	_, _ = rand.Read(secret)
	stored, err := store.keyFor(ctx, purposePseudonym, installationKey{id: purposePseudonym + "_" + randomText(keyBytes), secret: secret})
	if err != nil {
		return nil, err
	}
	return stored.secret, nil
}

// keyIDOf names a key by its public half.
func keyIDOf(public ed25519.PublicKey) string {
	digest := digestOf(string(public))
	return lowerBase32.EncodeToString(digest[:keyBytes])
}

// MintPlayerToken returns a token with which the player's own client reads boards and the socket. ttl 0 means
// DefaultTokenTTL. InvalidError when the user id or the ttl is out of bounds.
func (s *Service) MintPlayerToken(userID string, ttl time.Duration) (string, error) {
	if err := checkUserID(userID); err != nil {
		return "", err
	}
	if ttl < 0 || ttl > MaxTokenTTL {
		return "", invalid("ttl_seconds", "must be 0 to %d", int(MaxTokenTTL/time.Second))
	}
	if ttl == 0 {
		ttl = DefaultTokenTTL
	}
	now := s.now()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.RegisteredClaims{
		Issuer: tokenIssuer, Audience: jwt.ClaimStrings{tokenAudience}, Subject: userID,
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
	})
	token.Header["kid"] = s.tokens.id
	signed, err := token.SignedString(s.tokens.key)
	if err != nil {
		return "", fmt.Errorf("sign player token: %w", err)
	}
	return signed, nil
}

// VerifyPlayerToken returns the user id a token was minted for, and when it runs out. ErrUnauthenticated when it is not ours, expired, or
// signed in any other way.
func (s *Service) VerifyPlayerToken(token string) (userID string, expires time.Time, err error) {
	refuse := func(reason string) (string, time.Time, error) { return "", time.Time{}, refused(reason) }
	switch {
	case len(token) > maxBearerBytes:
		return refuse("the token is too long")
	case hasLineEnd(token):
		return refuse("the token has a line end; send it as it was minted")
	}
	var claims jwt.RegisteredClaims
	_, err = jwt.ParseWithClaims(token, &claims, s.tokens.verifyKey,
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithAudience(tokenAudience), jwt.WithIssuer(tokenIssuer),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(tokenLeeway), jwt.WithTimeFunc(s.now), jwt.WithStrictDecoding())
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return refuse("the player token has expired")
	case err != nil:
		return refuse("the token is not a valid API key or player token")
	case claims.ExpiresAt.After(s.now().Add(MaxTokenTTL + tokenLeeway)):
		return refuse("the player token is valid for too long")
	case checkUserID(claims.Subject) != nil:
		return refuse("the player token names no player")
	}
	return claims.Subject, claims.ExpiresAt.Time, nil
}

func (t tokenSigner) verifyKey(token *jwt.Token) (any, error) {
	if token.Header["kid"] != t.id {
		return nil, errors.New("unknown key")
	}
	return t.key.Public(), nil
}

func checkUserID(userID string) error {
	if userID == "" || len(userID) > maxUserIDBytes || !utf8.ValidString(userID) || strings.ContainsRune(userID, 0) {
		return invalid("user_id", "must be 1 to %d bytes of UTF-8 text without the NUL character", maxUserIDBytes)
	}
	return nil
}
