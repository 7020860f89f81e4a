package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/laurelhq/laurel/ent/db"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

const (
	// maxAttempts bounds how often a publication is tried again because somebody else took its version number.
	maxAttempts = 10
	// maxPublishedByBytes is the bound of Definition.published_by.
	maxPublishedByBytes = 128
)

// Check finds problems of a contest that this package can't see, such as those of formulas. Line and Column of its problems count within
// the value of Field. It is given contests with other problems too and must not panic on them.
type Check func(contest *laurelv1.Contest) []Problem

// Write runs do in one write transaction and commits when do returns nil; client belongs to the transaction.
type Write func(ctx context.Context, do func(ctx context.Context, client *db.Client) error) error

// Service checks, publishes and reads definitions. It is safe for concurrent use.
type Service struct {
	read   *db.Client
	write  Write
	now    func() time.Time
	checks []Check
}

// NewService returns a service that reads by read, writes by write, asks now when something is published, and runs checks beside its own.
func NewService(read *db.Client, write Write, now func() time.Time, checks ...Check) *Service {
	return &Service{read: read, write: write, now: now, checks: checks}
}

// Check parses a document and runs every check; it stores nothing. The document is nil when not even the kind could be read.
func (s *Service) Check(yaml string) (*Document, []Problem) {
	return s.checkAt("", []byte(yaml), 0)
}

func (s *Service) checkAt(name string, text []byte, offset int) (*Document, []Problem) {
	document, problems := parseAt(name, text, offset)
	return document, RunChecks(document, problems, s.checks...)
}

// RunChecks adds what the checks find to the problems that Parse found, leaving out fields that have a problem already, and a formula that
// only a ranking could ask for where none is named.
func RunChecks(document *Document, problems []Problem, checks ...Check) []Problem {
	if document == nil || document.Contest == nil {
		return problems
	}
	found := problems
	for _, check := range checks {
		for _, problem := range document.Place(check(document.Contest)) {
			unranked := problem.Field == "scoring.formula" && document.Contest.GetLeaderboard().GetType() == ""
			if !covered(problem.Field, problems) && !(unranked && strings.TrimSpace(document.Contest.GetScoring().GetFormula()) == "") {
				found = append(found, problem)
			}
		}
	}
	return tidy(found)
}

// Publication is a document that somebody wants to publish.
type Publication struct {
	// Yaml is the document.
	Yaml string
	// BaseVersion is the version the author started from, 0 for a new definition. Nil means whatever is the newest.
	BaseVersion *int32
	// By is who publishes, at most 128 bytes.
	By string
}

// Publish checks a document and makes it the next version. When the newest version has the same canonical form that version is returned and
// changed is false. Errors: *Invalid when the document does not check or may not replace a contest that has started, *Conflict when
// the base version is not the newest one.
func (s *Service) Publish(ctx context.Context, publication Publication) (published *laurelv1.Definition, changed bool, err error) {
	document, problems := s.Check(publication.Yaml)
	if len(problems) > 0 {
		return nil, false, &Invalid{Problems: problems}
	}
	return s.publish(ctx, document, publication.BaseVersion, publication.By)
}

func (s *Service) publish(ctx context.Context, document *Document, base *int32, by string) (*laurelv1.Definition, bool, error) {
	if len(by) > maxPublishedByBytes || !utf8.ValidString(by) {
		by = clip(by, maxPublishedByBytes)
	}
	for attempt := 1; ; attempt++ {
		var published *laurelv1.Definition
		var changed bool
		err := s.write(ctx, func(ctx context.Context, client *db.Client) error {
			var err error
			published, changed, err = s.publishOnce(ctx, client, document, base, by)
			return err
		})
		switch {
		case err == nil:
			return published, changed, nil
		case db.IsConstraintError(err) && attempt < maxAttempts:
			continue // somebody else published this version number meanwhile: look again
		default:
			return nil, false, fmt.Errorf("publish %s %s: %w", document.Kind, document.ID, err)
		}
	}
}

func (s *Service) publishOnce(ctx context.Context, client *db.Client, document *Document, base *int32, by string) (*laurelv1.Definition, bool, error) {
	newest, err := newestOf(ctx, client, document.Kind, document.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, false, err
	}
	if newest.GetHash() == document.Hash {
		return newest, false, nil
	}
	version := int(newest.GetVersion())
	if base != nil && int(*base) != version {
		return nil, false, &Conflict{Kind: document.Kind, ID: document.ID, Base: int(*base), Newest: version}
	}
	now := s.now()
	if newest != nil {
		before, problems := Parse("", []byte(newest.GetYaml()))
		if len(problems) > 0 {
			return nil, false, fmt.Errorf("read version %d: %w", version, &Invalid{Problems: problems})
		}
		if problems := checkSuccessor(before.Contest, document, now); len(problems) > 0 {
			return nil, false, &Invalid{Problems: problems}
		}
	}
	published, err := insert(ctx, client, document, version+1, now, by)
	return published, err == nil, err
}

// List returns the newest version of every definition of a kind, or of all kinds when it is empty, by kind and id; at most 1000.
func (s *Service) List(ctx context.Context, kind string) ([]*laurelv1.Definition, error) {
	return newestOfAll(ctx, s.read, kind, maxListed)
}

// Get returns one version of a definition, 0 meaning the newest, and all its versions, newest first, without their documents. ErrNotFound when
// there is no such definition or version.
func (s *Service) Get(ctx context.Context, kind, id string, version int32) (*laurelv1.Definition, []*laurelv1.Definition, error) {
	var found *laurelv1.Definition
	var err error
	if version == 0 {
		found, err = newestOf(ctx, s.read, kind, id)
	} else {
		found, err = versionOf(ctx, s.read, kind, id, int(version))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	versions, err := versionsOf(ctx, s.read, kind, id)
	return found, versions, err
}

// Published is a definition that was published, parsed.
type Published struct {
	Definition *laurelv1.Definition
	Contest    *laurelv1.Contest
}

// Current returns the newest version of every contest, parsed, by id. An error names the definition that this version of Laurel can't read
// any more, or says that there are more than 10 000: none is left out in silence.
func (s *Service) Current(ctx context.Context) ([]Published, error) {
	definitions, err := newestOfAll(ctx, s.read, KindContest, maxCurrent+1)
	switch {
	case err != nil:
		return nil, err
	case len(definitions) > maxCurrent:
		return nil, fmt.Errorf("more than %d contests are published", maxCurrent)
	}
	current := make([]Published, 0, len(definitions))
	for _, definition := range definitions {
		document, problems := Parse("", []byte(definition.GetYaml()))
		if len(problems) > 0 {
			return nil, fmt.Errorf("read %s %s version %d: %w", definition.GetKind(), definition.GetId(), definition.GetVersion(), &Invalid{Problems: problems})
		}
		current = append(current, Published{Definition: definition, Contest: document.Contest})
	}
	return current, nil
}
