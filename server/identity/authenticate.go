package identity

import (
	"context"
	"net/http"
	"strings"

	"github.com/laurelhq/laurel/server/event"
)

// Authenticate returns who sent the request. ErrUnauthenticated when a credential is present and wrong; a request without any is Anonymous.
// A session cookie counts only when the browser says that our own pages sent the request, so another site can do nothing in an operator's
// name.
func (s *Service) Authenticate(r *http.Request) (Caller, error) {
	caller, err := s.credential(r)
	if err != nil {
		return Caller{}, err
	}
	caller.Address, caller.Secure = s.proxies.PeerAddress(r), s.proxies.Secure(r)
	return caller, nil
}

func (s *Service) credential(r *http.Request) (Caller, error) {
	switch headers := r.Header.Values("Authorization"); {
	case len(headers) > 1:
		return Caller{}, refused("there is more than one Authorization header")
	case len(headers) == 1:
		scheme, bearer, _ := strings.Cut(headers[0], " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return Caller{}, refused("the Authorization header must be Bearer followed by an API key or a player token")
		}
		return s.fromBearer(r, strings.TrimLeft(bearer, " "))
	}
	cookies := r.CookiesNamed(cookieName)
	if len(cookies) == 0 || cookies[0].Value == "" || len(cookies[0].Value) > maxBearerBytes || !s.sameOrigin(r) {
		return Caller{}, nil
	}
	caller, found, err := s.fromSession(r.Context(), cookies[0].Value)
	if err != nil || !found {
		return Caller{}, err
	}
	return caller, nil
}

func (s *Service) fromBearer(r *http.Request, bearer string) (Caller, error) {
	switch {
	case bearer == "" || len(bearer) > maxBearerBytes:
		return Caller{}, refused("the bearer must have 1 to 4096 bytes")
	case s.isDevKey(bearer):
		return Caller{Kind: APIKeyCaller, ID: devKeyID, Source: event.SourceMain, Scopes: Scopes()}, nil
	case strings.HasPrefix(bearer, bearerPrefix):
		return s.fromAPIKey(r.Context(), bearer)
	}
	userID, expires, err := s.VerifyPlayerToken(bearer)
	if err != nil {
		return Caller{}, err
	}
	return Caller{Kind: PlayerCaller, UserID: userID, Expires: expires}, nil
}

// sameOrigin applies the standard library's check to every method: RPC reads may be sent as GET, which it lets through.
func (s *Service) sameOrigin(r *http.Request) bool {
	strict := *r
	strict.Method = http.MethodPost
	return s.origin.Check(&strict) == nil
}

// Renew reports whether a caller is still who he was when Authenticate said so, for what stays open after that: streams and sockets.
// ErrUnauthenticated when his API key was revoked, his session is over or his token ran out. It does not count as a use of the session.
func (s *Service) Renew(ctx context.Context, caller Caller) error {
	switch {
	case caller.Kind == APIKeyCaller && caller.ID == devKeyID:
		return nil
	case caller.Kind == APIKeyCaller:
		record, found, err := s.key(ctx, caller.ID)
		if err == nil && (!found || !record.RevokedAt.IsZero()) {
			err = refused("the API key was revoked")
		}
		return err
	case caller.Kind == OperatorCaller:
		_, _, found, err := s.openSession(ctx, caller.session)
		if err == nil && !found {
			err = refused("the session is over")
		}
		return err
	case caller.Kind == PlayerCaller && s.now().After(caller.Expires.Add(tokenLeeway)):
		return refused("the player token has expired")
	}
	return nil
}
