package api

import (
	"context"
	"unicode/utf8"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/identity"
)

// catalogService checks, publishes and shows definitions.
type catalogService struct{ *API }

// CheckDefinition says what is wrong with a document.
func (s catalogService) CheckDefinition(ctx context.Context, request *laurelv1.CheckDefinitionRequest) (*laurelv1.CheckDefinitionResponse, error) {
	document, problems, err := s.Catalog.Check(ctx, request.GetYaml())
	if err != nil {
		return nil, err
	}
	response := &laurelv1.CheckDefinitionResponse{Problems: problemMessages(problems)}
	if document != nil {
		response.Kind, response.Id = clip(document.Kind, 32), clip(document.ID, 64)
		if len(problems) == 0 {
			response.Plan = s.contestPlan(document)
		}
	}
	return response, nil
}

// contestPlan is what a contest does; nil for other kinds.
func (a *API) contestPlan(document *catalog.Document) *laurelv1.ContestPlan {
	plan, _ := a.Catalog.Plan(document).(*laurelv1.ContestPlan)
	return plan
}

// PublishDefinition makes a document the next version and has this process follow it at once.
func (s catalogService) PublishDefinition(ctx context.Context, request *laurelv1.PublishDefinitionRequest) (*laurelv1.PublishDefinitionResponse, error) {
	definition, changed, err := s.Catalog.Publish(ctx, catalog.Publication{
		Yaml: request.GetYaml(), BaseVersion: request.BaseVersion, By: publisher(identity.CallerFrom(ctx)),
	})
	if err != nil {
		return nil, err
	}
	if changed {
		if err := s.Contest.Sync(ctx); err != nil {
			return nil, err
		}
	}
	return &laurelv1.PublishDefinitionResponse{Definition: definition}, nil
}

// publisher names who publishes.
func publisher(caller identity.Caller) string {
	if caller.Kind == identity.OperatorCaller {
		return caller.ID
	}
	return caller.Kind.String() + ":" + caller.ID
}

// ListDefinitions returns the newest version of every definition.
func (s catalogService) ListDefinitions(ctx context.Context, request *laurelv1.ListDefinitionsRequest) (*laurelv1.ListDefinitionsResponse, error) {
	definitions, err := s.Catalog.List(ctx, request.GetKind())
	if err != nil {
		return nil, err
	}
	return &laurelv1.ListDefinitionsResponse{Definitions: definitions}, nil
}

// GetDefinition returns one version and the list of all.
func (s catalogService) GetDefinition(ctx context.Context, request *laurelv1.GetDefinitionRequest) (*laurelv1.GetDefinitionResponse, error) {
	definition, versions, err := s.Catalog.Get(ctx, request.GetKind(), request.GetId(), request.GetVersion())
	if err != nil {
		return nil, err
	}
	return &laurelv1.GetDefinitionResponse{Definition: definition, Versions: versions}, nil
}

func problemMessages(problems []catalog.Problem) []*laurelv1.Problem {
	messages := make([]*laurelv1.Problem, 0, min(len(problems), catalog.MaxProblems))
	for _, problem := range problems[:min(len(problems), catalog.MaxProblems)] {
		messages = append(messages, &laurelv1.Problem{
			Line: int32(problem.Line), Column: int32(problem.Column), Field: clip(problem.Field, 256), Message: clip(problem.Message, 2048),
		})
	}
	return messages
}

// clip cuts text to at most limit bytes, between characters.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
