package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/word"
)

// operatorService signs operators in and keeps API keys.
type operatorService struct{ *API }

// SignIn starts a session.
func (s operatorService) SignIn(ctx context.Context, request *laurelv1.SignInRequest) (*laurelv1.SignInResponse, error) {
	caller := identity.CallerFrom(ctx)
	operator, cookie, err := s.Identity.SignIn(ctx, identity.SignInAttempt{
		Name: request.GetName(), Password: request.GetPassword(), Address: caller.Address, Secure: caller.Secure,
	})
	if err != nil {
		s.Log.WarnContext(ctx, "sign-in refused", "peer", caller.Address.String(), "reason", judge(err).message)
		return nil, err
	}
	if err := setCookie(ctx, cookie); err != nil {
		return nil, err
	}
	return &laurelv1.SignInResponse{Operator: operatorMessage(operator.Name, operator.Roles)}, nil
}

// SignOut ends the session.
func (s operatorService) SignOut(ctx context.Context, _ *laurelv1.SignOutRequest) (*laurelv1.SignOutResponse, error) {
	cookie, err := s.Identity.SignOut(ctx, identity.CallerFrom(ctx))
	if err != nil {
		return nil, err
	}
	return &laurelv1.SignOutResponse{}, setCookie(ctx, cookie)
}

// setCookie puts a cookie on the answer, which no cache may keep.
func setCookie(ctx context.Context, cookie *http.Cookie) error {
	call, ok := connect.CallInfoForHandlerContext(ctx)
	if !ok {
		return errors.New("set cookie: not inside a call")
	}
	call.ResponseHeader().Add("Set-Cookie", cookie.String())
	call.ResponseHeader().Set("Cache-Control", "no-store")
	return nil
}

// notStored has every cache forget an answer that holds a secret.
func notStored(ctx context.Context) {
	if call, ok := connect.CallInfoForHandlerContext(ctx); ok {
		call.ResponseHeader().Set("Cache-Control", "no-store")
	}
}

// GetSession returns who is signed in.
func (s operatorService) GetSession(ctx context.Context, _ *laurelv1.GetSessionRequest) (*laurelv1.GetSessionResponse, error) {
	caller := identity.CallerFrom(ctx)
	return &laurelv1.GetSessionResponse{Operator: operatorMessage(caller.ID, caller.Roles), ServerVersion: word.Clip(s.Version, 64)}, nil
}

// CreateApiKey makes a key and shows its secret this once.
func (s operatorService) CreateApiKey(ctx context.Context, request *laurelv1.CreateApiKeyRequest) (*laurelv1.CreateApiKeyResponse, error) {
	scopes := make([]identity.Scope, len(request.GetScopes()))
	for i, scope := range request.GetScopes() {
		scopes[i] = identity.Scope(scope)
	}
	key, bearer, err := s.Identity.CreateAPIKey(ctx, request.GetName(), request.GetSource(), scopes)
	if err != nil {
		return nil, err
	}
	notStored(ctx)
	return &laurelv1.CreateApiKeyResponse{ApiKey: keyMessage(key), Bearer: bearer}, nil
}

// ListApiKeys returns keys without their secrets.
func (s operatorService) ListApiKeys(ctx context.Context, request *laurelv1.ListApiKeysRequest) (*laurelv1.ListApiKeysResponse, error) {
	page, err := openList[identity.KeyPlace](s.API, request, maxRows)
	if err != nil {
		return nil, err
	}
	wanted := listing(listPage[int64]{limit: page.limit}, request.GetOrder(), request.GetText(), request.GetCreated())
	keys, err := s.Identity.ListAPIKeys(ctx, identity.KeyListing{
		Listing: wanted, ByName: request.GetOrder() == laurelv1.ListOrder_LIST_ORDER_NAME, ValidOnly: request.GetValidOnly(),
		AfterKey: page.after,
	})
	if err != nil {
		return nil, err
	}
	shown, next, err := cut(s.API, page, keys, identity.PlaceOf)
	if err != nil {
		return nil, err
	}
	response := &laurelv1.ListApiKeysResponse{NextPageToken: next}
	for _, key := range shown {
		response.ApiKeys = append(response.ApiKeys, keyMessage(key))
	}
	return response, nil
}

// RevokeApiKey makes a key invalid.
func (s operatorService) RevokeApiKey(ctx context.Context, request *laurelv1.RevokeApiKeyRequest) (*laurelv1.RevokeApiKeyResponse, error) {
	return &laurelv1.RevokeApiKeyResponse{}, s.Identity.RevokeAPIKey(ctx, request.GetId())
}

func operatorMessage(name string, roles []identity.Role) *laurelv1.Operator {
	operator := &laurelv1.Operator{Name: name}
	for _, role := range roles {
		operator.Roles = append(operator.Roles, string(role))
	}
	return operator
}

func keyMessage(key identity.APIKey) *laurelv1.ApiKey {
	message := &laurelv1.ApiKey{Id: key.ID, Name: key.Name, Source: key.Source, CreatedAt: timestamppb.New(key.CreatedAt),
		RevokedAt: stampOf(key.RevokedAt)}
	for _, scope := range key.Scopes {
		message.Scopes = append(message.Scopes, string(scope))
	}
	return message
}

// stampOf leaves a zero time unset.
func stampOf(at time.Time) *timestamppb.Timestamp {
	if at.IsZero() {
		return nil
	}
	return timestamppb.New(at)
}
