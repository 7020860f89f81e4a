package identity

import (
	"net/http"
	"strings"
)

// Authenticate returns who sent the request. ErrUnauthenticated when a credential is present and wrong; a request without
// any is Anonymous. A session cookie counts only when the browser says that our own pages sent the request, so another site can do nothing in an operator's name.
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
		return s.fromBearer(r, strings.TrimSpace(bearer))
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
		return Caller{Kind: APIKeyCaller, ID: devKeyID, Scopes: Scopes()}, nil
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
