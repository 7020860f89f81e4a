package identity

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
)

const (
	cookieName             = "laurel_session"
	defaultSessionIdle     = 2 * time.Hour
	defaultSessionAbsolute = 12 * time.Hour
	// sessionTouch is how old the mark of the last use may grow before it is written again: a studio that polls does not write at each poll.
	sessionTouch = time.Minute

	sessionName     = "name"
	sessionPassword = "password"
	sessionUsed     = "used"
)

// newSessions sets the library up. Its middleware is not used: a session is loaded only when a cookie is what identifies the
// caller, and written only when it changes. Its clock isn't either: startSession sets the deadline and sessionStore the idle
// expiry, so that both follow the clock that was handed in.
func newSessions(store records, idle, absolute time.Duration) *scs.SessionManager {
	sessions := scs.New()
	sessions.Store = sessionStore{records: store, idle: orDefault(idle, defaultSessionIdle)}
	sessions.HashTokenInStore = true
	sessions.Lifetime = orDefault(absolute, defaultSessionAbsolute)
	return sessions
}

func orDefault(value, otherwise time.Duration) time.Duration {
	if value <= 0 {
		return otherwise
	}
	return value
}

// startSession keeps a new session and returns its cookie.
func (s *Service) startSession(ctx context.Context, operator operatorRecord, secure bool) (*http.Cookie, error) {
	ctx, err := s.sessions.Load(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("start session: %w", err)
	}
	s.sessions.SetDeadline(ctx, s.now().Add(s.sessions.Lifetime))
	s.sessions.Put(ctx, sessionName, operator.name)
	s.sessions.Put(ctx, sessionPassword, passwordMark(operator))
	s.sessions.Put(ctx, sessionUsed, s.now().UnixMicro())
	token, _, err := s.sessions.Commit(ctx)
	if err != nil {
		return nil, fmt.Errorf("start session: %w", err)
	}
	return s.cookie(token, secure), nil
}

// cookie carries a session's token, or clears it when the token is empty. The server alone decides when a session has been idle too long.
func (s *Service) cookie(token string, secure bool) *http.Cookie {
	cookie := &http.Cookie{
		Name: cookieName, Value: token, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
		MaxAge: int(s.sessions.Lifetime / time.Second),
	}
	if token == "" {
		cookie.MaxAge = -1
	}
	return cookie
}

// openSession returns the operator of a session, and a context that holds the session; found is false when the session is over, its
// operator is disabled, or the password was changed since.
func (s *Service) openSession(ctx context.Context, token string) (session context.Context, operator operatorRecord, found bool, err error) {
	ctx, err = s.sessions.Load(ctx, token)
	if err != nil {
		return nil, operatorRecord{}, false, fmt.Errorf("load session: %w", err)
	}
	if s.sessions.Token(ctx) == "" {
		return nil, operatorRecord{}, false, nil
	}
	operator, found, err = s.operator(ctx, s.sessions.GetString(ctx, sessionName))
	if err != nil || !found || operator.disabled || s.sessions.GetString(ctx, sessionPassword) != passwordMark(operator) {
		return nil, operatorRecord{}, false, err
	}
	return ctx, operator, true, nil
}

// fromSession returns the operator of a session and counts this as a use of it; see openSession.
func (s *Service) fromSession(ctx context.Context, token string) (caller Caller, found bool, err error) {
	ctx, operator, found, err := s.openSession(ctx, token)
	if err != nil || !found {
		return Caller{}, false, err
	}
	now := s.now()
	if used := time.UnixMicro(s.sessions.GetInt64(ctx, sessionUsed)); now.Sub(used) > sessionTouch {
		s.sessions.Put(ctx, sessionUsed, now.UnixMicro())
		if _, _, err := s.sessions.Commit(ctx); err != nil {
			return Caller{}, false, fmt.Errorf("keep session: %w", err)
		}
	}
	return Caller{Kind: OperatorCaller, ID: operator.name, Roles: operator.roles, session: token}, true, nil
}

// operator reads an operator, at most accountFresh old.
func (s *Service) operator(ctx context.Context, name string) (operatorRecord, bool, error) {
	now := s.now()
	if cached, ok := s.operators.GetIfPresent(name); ok && now.Sub(cached.at) < accountFresh {
		return cached.value, true, nil
	}
	record, found, err := s.records.operatorByName(ctx, s.records.read, name)
	if err == nil && found {
		s.operators.Set(name, seen[operatorRecord]{record, now})
	}
	return record, found, err
}

// passwordMark changes with the password, and tells nothing about it that the database does not.
func passwordMark(operator operatorRecord) string {
	digest := digestOf(operator.hash)
	return lowerBase32.EncodeToString(digest[:keyBytes])
}
