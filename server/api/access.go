package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"connectrpc.com/connect"
	"connectrpc.com/grpcreflect"

	laurel "github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/identity"
)

// access says who may call a procedure: anyone, operators with one of the roles, API keys with one of the scopes. Admins have every role.
type access struct {
	public bool
	roles  []identity.Role
	scopes []identity.Scope
}

var (
	anyone    = access{public: true}
	takesIn   = access{scopes: []identity.Scope{identity.ScopeIngest}}
	looks     = access{roles: identity.Roles(), scopes: []identity.Scope{identity.ScopeRead, identity.ScopeAdmin}}
	works     = access{roles: []identity.Role{identity.RoleOperator}, scopes: []identity.Scope{identity.ScopeAdmin}}
	operators = access{roles: identity.Roles()}
	admins    = access{roles: []identity.Role{identity.RoleAdmin}}
	mints     = access{roles: []identity.Role{identity.RoleOperator}, scopes: []identity.Scope{identity.ScopePlayerTokens}}
	profiles  = access{roles: []identity.Role{identity.RoleAdmin}, scopes: []identity.Scope{identity.ScopeAdmin}}
	reviews   = access{roles: []identity.Role{identity.RoleOperator, identity.RoleReviewer}, scopes: []identity.Scope{identity.ScopeAdmin}}
)

// accessTable names every procedure there is. One that is missing is refused, whoever calls.
var accessTable = map[string]access{
	laurel.IngestServiceIngestProcedure:          takesIn,
	laurel.IngestServiceIngestStreamProcedure:    takesIn,
	laurel.IngestServiceListConflictsProcedure:   reviews,
	laurel.IngestServiceListDeadLettersProcedure: reviews,

	laurel.CatalogServiceCheckDefinitionProcedure:        looks,
	laurel.CatalogServicePublishDefinitionProcedure:      works,
	laurel.CatalogServiceListDefinitionsProcedure:        looks,
	laurel.CatalogServiceListDefinitionVersionsProcedure: looks,
	laurel.CatalogServiceGetDefinitionProcedure:          looks,

	laurel.ContestServiceListContestsProcedure: anyone,
	laurel.ContestServiceGetContestProcedure:   looks, // the definition tells what is counted as abuse

	laurel.LeaderboardServiceGetLeaderboardProcedure: anyone,
	laurel.LeaderboardServiceExplainOrderProcedure:   looks, // names players by user id
	laurel.LeaderboardServiceListSnapshotsProcedure:  anyone,
	laurel.LeaderboardServiceGetSnapshotProcedure:    anyone,

	laurel.PlayerServiceSetPublicNameProcedure:   works,
	laurel.PlayerServiceMintPlayerTokenProcedure: mints, // who mints a token can act as that player

	laurel.OperatorServiceSignInProcedure:       anyone,
	laurel.OperatorServiceSignOutProcedure:      anyone,
	laurel.OperatorServiceGetSessionProcedure:   operators,
	laurel.OperatorServiceCreateApiKeyProcedure: admins,
	laurel.OperatorServiceListApiKeysProcedure:  admins,
	laurel.OperatorServiceRevokeApiKeyProcedure: admins,

	laurel.TelemetryServiceGetPulseProcedure: looks,

	profilePath: profiles,

	// Reflection tells the contracts, which are public.
	"/" + grpcreflect.ReflectV1ServiceName + "/ServerReflectionInfo":      anyone,
	"/" + grpcreflect.ReflectV1AlphaServiceName + "/ServerReflectionInfo": anyone,
}

// check says why a caller may not, or nothing.
func (a access) check(caller identity.Caller) error {
	switch {
	case a.public, slices.ContainsFunc(a.scopes, caller.HasScope), slices.ContainsFunc(a.roles, caller.HasRole):
		return nil
	case caller.Kind == identity.Anonymous:
		return &failure{kind: kindUnauthenticated, message: "this needs " + a.needs()}
	default:
		return &failure{kind: kindDenied, message: "this needs " + a.needs()}
	}
}

// needs words what would be enough.
func (a access) needs() string {
	var ways []string
	if len(a.scopes) > 0 {
		ways = append(ways, fmt.Sprintf("an API key with scope %s", oneOf(a.scopes)))
	}
	if len(a.roles) == len(identity.Roles()) {
		ways = append(ways, "a signed-in operator")
	} else if len(a.roles) > 0 {
		ways = append(ways, fmt.Sprintf("an operator with role %s", oneOf(a.roles)))
	}
	return strings.Join(ways, ", or ")
}

func oneOf[T ~string](values []T) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	return strings.Join(texts, " or ")
}

// authorize is the gate of every RPC: it runs before the message is read.
func authorize(ctx context.Context, spec connect.Spec, _ connect.Peer, _ http.Header) (context.Context, error) {
	return ctx, authorized(ctx, spec.Procedure)
}

// authorized reports whether the caller in the context may call a procedure.
func authorized(ctx context.Context, procedure string) error {
	rule, listed := accessTable[procedure]
	if !listed {
		return &failure{kind: kindDenied, message: "this procedure is not open to anyone"}
	}
	caller, err := callerOf(ctx)
	if err != nil {
		return err
	}
	return rule.check(caller)
}
