package identity

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"slices"

	"github.com/laurelhq/laurel/ent/db"
)

// maxRoles bounds the roles of one operator.
const maxRoles = 8

var operatorName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$`)

// Operator is a person who works with the studio.
type Operator struct {
	// Name is what he signs in with.
	Name  string
	Roles []Role
}

// SignInAttempt is a name with a password, and where it comes from.
type SignInAttempt struct {
	Name     string
	Password string
	// Address is the peer, for the limit on failed attempts.
	Address netip.Addr
	// Secure makes the cookie one for https only.
	Secure bool
}

// CheckOperator says what is wrong with a name and a password that an operator is to have: an *InvalidError with the field name or
// password.
func CheckOperator(name, password string) error {
	if err := checkOperatorName(name); err != nil {
		return err
	}
	return checkPassword(password)
}

func checkOperatorName(name string) error {
	if !operatorName.MatchString(name) {
		return invalid("name", "must be 1 to 64 letters, digits and . _ @ + -, starting with a letter or digit")
	}
	return nil
}

// EnsureOperator makes an operator with this password and these roles, or brings the one of that name to them. Sessions of an
// operator whose password changes end. InvalidError names the field that is wrong.
func (s *Service) EnsureOperator(ctx context.Context, name, password string, roles []Role) error {
	if err := checkOperatorName(name); err != nil {
		return err
	}
	if err := checkRoles(roles); err != nil {
		return err
	}
	known, found, err := s.records.operatorByName(ctx, s.records.read, name)
	if err != nil {
		return err
	}
	wanted := operatorRecord{name: name, hash: known.hash, roles: roles}
	same := false
	if found {
		if same, err = s.passwords.matches(ctx, password, known.hash); err != nil {
			return err
		}
		if same && !known.disabled && slices.Equal(known.roles, roles) {
			return nil
		}
	}
	if !same {
		if wanted.hash, err = s.passwords.hash(ctx, password); err != nil {
			return err
		}
	}
	err = s.records.write(ctx, func(ctx context.Context, tx *db.Client) error {
		if err := s.records.addOperator(ctx, tx, wanted); err != nil {
			return err
		}
		return s.records.changeOperator(ctx, tx, wanted)
	})
	if err != nil {
		return fmt.Errorf("ensure operator: %w", err)
	}
	s.operators.Invalidate(name)
	return nil
}

func checkRoles(roles []Role) error {
	if len(roles) == 0 || len(roles) > maxRoles {
		return invalid("roles", "must name 1 to %d of %v", maxRoles, Roles())
	}
	for _, role := range roles {
		if !slices.Contains(Roles(), role) {
			return invalid("roles", "%q is not one of %v", role, Roles())
		}
	}
	return nil
}

// SignIn starts a session and returns its cookie. ErrUnauthenticated when name or password is wrong, without saying which
// and after the same time; LimitError after too many failures.
func (s *Service) SignIn(ctx context.Context, attempt SignInAttempt) (Operator, *http.Cookie, error) {
	giveBack, err := s.attempts.take(attempt.Address, attempt.Name)
	if err != nil {
		return Operator{}, nil, err
	}
	record, _, err := s.records.operatorByName(ctx, s.records.read, attempt.Name)
	if err != nil {
		giveBack()
		return Operator{}, nil, err
	}
	matches, err := s.passwords.matches(ctx, attempt.Password, record.hash)
	if err != nil {
		giveBack()
		return Operator{}, nil, err
	}
	if !matches || record.disabled {
		return Operator{}, nil, refused("name or password is wrong")
	}
	giveBack()
	cookie, err := s.startSession(ctx, record, attempt.Secure)
	if err != nil {
		return Operator{}, nil, err
	}
	return Operator{Name: record.name, Roles: record.roles}, cookie, nil
}

// SignOut ends the caller's session, if he has one, and returns the cookie that clears it.
func (s *Service) SignOut(ctx context.Context, caller Caller) (*http.Cookie, error) {
	if caller.session != "" {
		ctx, err := s.sessions.Load(ctx, caller.session)
		if err != nil {
			return nil, fmt.Errorf("sign out: %w", err)
		}
		if err := s.sessions.Destroy(ctx); err != nil {
			return nil, fmt.Errorf("sign out: %w", err)
		}
	}
	return s.cookie("", caller.Secure), nil
}
