package identity

import (
	"context"
	"net/netip"
	"slices"
	"time"
)

// Kind tells what sort of caller it is.
type Kind int

// The kinds of callers. The zero value is Anonymous.
const (
	Anonymous Kind = iota
	OperatorCaller
	APIKeyCaller
	PlayerCaller
)

// String names the kind for logs and cache keys.
func (k Kind) String() string {
	switch k {
	case OperatorCaller:
		return "operator"
	case APIKeyCaller:
		return "apikey"
	case PlayerCaller:
		return "player"
	default:
		return "anonymous"
	}
}

// Role is what an operator works as.
type Role string

// The roles an operator can have.
const (
	RoleViewer   Role = "viewer"
	RoleOperator Role = "operator"
	RoleReviewer Role = "reviewer"
	RoleFinance  Role = "finance"
	RoleAdmin    Role = "admin"
)

// Roles lists every role.
func Roles() []Role {
	return []Role{RoleViewer, RoleOperator, RoleReviewer, RoleFinance, RoleAdmin}
}

// Scope is what an API key may be used for.
type Scope string

// The scopes an API key can have.
const (
	ScopeIngest Scope = "ingest"
	ScopeRead   Scope = "read"
	ScopeAdmin  Scope = "admin"
	// ScopePlayerTokens is apart from ScopeAdmin, since who mints tokens acts as any player, and the shop that does so needs nothing else.
	ScopePlayerTokens Scope = "player_tokens"
)

// Scopes lists every scope.
func Scopes() []Scope { return []Scope{ScopeIngest, ScopeRead, ScopeAdmin, ScopePlayerTokens} }

// Caller is who made a request. The zero value is anonymous.
type Caller struct {
	Kind Kind
	// ID is the operator's name or the API key's public id; empty for players and anonymous callers.
	ID string
	// UserID is the player's user id; empty unless Kind is PlayerCaller.
	UserID string
	// Expires is when the player's token runs out; zero unless Kind is PlayerCaller.
	Expires time.Time
	// Scopes are those of the API key, and Source is whose events it sends.
	Scopes []Scope
	Source string
	// Roles are those of the operator.
	Roles []Role
	// Address is the peer's address, taken from X-Forwarded-For only behind a listed proxy.
	Address netip.Addr
	// Secure is true when the caller's own connection is https.
	Secure bool

	// session is the token of the operator's session, for signing out.
	session string
}

// HasScope reports whether an API key carries the scope.
func (c Caller) HasScope(scope Scope) bool {
	return c.Kind == APIKeyCaller && slices.Contains(c.Scopes, scope)
}

// HasRole reports whether an operator has the role. Admins have every role.
func (c Caller) HasRole(role Role) bool {
	return c.Kind == OperatorCaller && (slices.Contains(c.Roles, role) || slices.Contains(c.Roles, RoleAdmin))
}

// SeesUserIDs reports whether the caller may see the sender's user ids: operators, and API keys with scope read or admin.
func (c Caller) SeesUserIDs() bool {
	return c.Kind == OperatorCaller || c.HasScope(ScopeRead) || c.HasScope(ScopeAdmin)
}

// Sees reports whether the caller may see this one user id: players see their own.
func (c Caller) Sees(userID string) bool {
	return c.SeesUserIDs() || (c.Kind == PlayerCaller && c.UserID == userID)
}

type callerKey struct{}

// WithCaller returns a context that carries the caller.
func WithCaller(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// CallerFrom returns the caller a context carries, anonymous when it carries none.
func CallerFrom(ctx context.Context) Caller {
	caller, _ := ctx.Value(callerKey{}).(Caller)
	return caller
}
