package api

import (
	"context"
	"strings"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/word"
)

// catalogService checks, publishes and shows definitions.
type catalogService struct{ *API }

// CheckDefinition says what is wrong with a document.
func (s catalogService) CheckDefinition(ctx context.Context,
	request *laurelv1.CheckDefinitionRequest) (*laurelv1.CheckDefinitionResponse, error) {
	document, problems, err := s.Catalog.Check(ctx, request.GetYaml())
	if err != nil {
		return nil, err
	}
	response := &laurelv1.CheckDefinitionResponse{Problems: problemMessages(problems)}
	if document != nil {
		response.Kind, response.Id = word.Clip(document.Kind, 32), word.Clip(document.ID, 64)
		if len(problems) == 0 {
			response.Plan = s.planOf(document)
			response.Notes = noteMessages(s.Catalog.Notes(document))
		}
	}
	return response, nil
}

// noteMessages tells warnings from other notes.
func noteMessages(notes []string) (messages []*laurelv1.DefinitionNote) {
	for _, note := range notes {
		text, warning := strings.CutPrefix(note, catalog.WarningBegins)
		messages = append(messages, &laurelv1.DefinitionNote{Text: text, Warning: warning})
	}
	return messages
}

// PublishDefinition makes a document the next version and has this process follow it at once.
func (s catalogService) PublishDefinition(ctx context.Context,
	request *laurelv1.PublishDefinitionRequest) (*laurelv1.PublishDefinitionResponse, error) {
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
	document, _ := catalog.Parse("", []byte(definition.GetYaml()))
	return &laurelv1.PublishDefinitionResponse{Definition: definition, Notes: noteMessages(s.Catalog.Notes(document))}, nil
}

// publisher names who publishes.
func publisher(caller identity.Caller) string {
	if caller.Kind == identity.OperatorCaller {
		return caller.ID
	}
	return caller.Kind.String() + ":" + caller.ID
}

// planOf is what a document means, by its kind; nil for a kind without a plan.
func (a *API) planOf(document *catalog.Document) *laurelv1.DefinitionPlan {
	switch plan := a.Catalog.Plan(document).(type) {
	case *laurelv1.ContestPlan:
		return &laurelv1.DefinitionPlan{Plan: &laurelv1.DefinitionPlan_Contest{Contest: plan}}
	default:
		return nil
	}
}

// ListDefinitions returns the newest versions.
func (s catalogService) ListDefinitions(ctx context.Context,
	request *laurelv1.ListDefinitionsRequest) (*laurelv1.ListDefinitionsResponse, error) {
	if problem := catalog.ListedKindProblem(request.GetKind()); problem != "" {
		return nil, badField("kind", "%s", problem)
	}
	page, err := openList[catalog.Key](s.API, request, maxRows)
	if err != nil {
		return nil, err
	}
	from, until := bounds(request.GetPublished())
	order := request.GetOrder()
	definitions, err := s.Catalog.List(ctx, catalog.Listing{
		Limit: page.limit + 1, Kind: request.GetKind(), Text: request.GetText(), FromMicros: from, UntilMicros: until, After: page.after,
		ByTime:      order == laurelv1.ListOrder_LIST_ORDER_NEWEST || order == laurelv1.ListOrder_LIST_ORDER_OLDEST,
		NewestFirst: order == laurelv1.ListOrder_LIST_ORDER_NEWEST,
	})
	if err != nil {
		return nil, err
	}
	shown, next, err := cut(s.API, page, definitions, catalog.KeyOf)
	return &laurelv1.ListDefinitionsResponse{Definitions: shown, NextPageToken: next}, err
}

// ListDefinitionVersions returns the versions of one definition.
func (s catalogService) ListDefinitionVersions(
	ctx context.Context, request *laurelv1.ListDefinitionVersionsRequest,
) (*laurelv1.ListDefinitionVersionsResponse, error) {
	if problem := catalog.ListedKindProblem(request.GetKind()); problem != "" {
		return nil, badField("kind", "%s", problem)
	}
	page, err := openList[int64](s.API, request, maxRows)
	if err != nil {
		return nil, err
	}
	versions, err := s.Catalog.ListVersions(ctx, request.GetKind(), request.GetId(),
		listing(page, request.GetOrder(), "", request.GetPublished()))
	if err != nil {
		return nil, err
	}
	shown, next, err := cut(s.API, page, versions, func(d *laurelv1.DefinitionSummary) int64 { return int64(d.GetVersion()) })
	return &laurelv1.ListDefinitionVersionsResponse{Versions: shown, NextPageToken: next}, err
}

// GetDefinition returns one version.
func (s catalogService) GetDefinition(ctx context.Context,
	request *laurelv1.GetDefinitionRequest) (*laurelv1.GetDefinitionResponse, error) {
	definition, err := s.Catalog.Get(ctx, request.GetKind(), request.GetId(), request.GetVersion())
	if err != nil {
		return nil, err
	}
	return &laurelv1.GetDefinitionResponse{Definition: definition}, nil
}

func problemMessages(problems []catalog.Problem) []*laurelv1.Problem {
	messages := make([]*laurelv1.Problem, 0, min(len(problems), catalog.MaxProblems))
	for _, problem := range problems[:min(len(problems), catalog.MaxProblems)] {
		messages = append(messages, &laurelv1.Problem{
			Line: int32(problem.Line), Column: int32(problem.Column), Field: word.Clip(problem.Field, 256),
			Message: word.Clip(problem.Message, 2048),
		})
	}
	return messages
}
