package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/laurelhq/laurel/ent/db"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/word"
)

const (
	// maxAttempts bounds how often a publication is tried again because somebody else took its version number.
	maxAttempts = 50
	// maxPublishedByBytes is the bound of Definition.published_by.
	maxPublishedByBytes = 128
)

// Config is what a Service needs.
type Config struct {
	Store *store.Store
	// Adopt follows a publication in the transaction that stores it, before it is stored. When it fails nothing is published; *Invalid tells
	// the author why.
	Adopt func(ctx context.Context, tx *store.Tx, published Published) error
	// Reader reads what definitions refer to; nil has the service make its own.
	Reader *Reader
	// Folded tells up to where events are folded, which a publication keeps; nil when no fold depends on it.
	Folded func(ctx context.Context, tx *store.Tx) (journal.Positions, error)
	// Now is asked when something is published.
	Now func() time.Time
	// Steps are the compile steps of kinds; they run beside the service's own checks.
	Steps []Step
}

// Service checks, publishes and reads definitions. It is safe for concurrent use.
type Service struct{ Config }

// NewService returns a service on a database.
func NewService(config Config) *Service {
	if config.Reader == nil {
		config.Reader = NewReader(1)
	}
	return &Service{Config: config}
}

// Check parses a document and runs every check; it stores nothing. The document is nil when not even the kind could be read.
func (s *Service) Check(ctx context.Context, yaml string) (*Document, []Problem, error) {
	known, err := s.Vocabulary(ctx)
	if err != nil {
		return nil, nil, err
	}
	document, problems := Parse("", []byte(yaml))
	return document, RunSteps(document, problems, known, s.Steps...), nil
}

// Notes says what the author of a document without problems should know, a line each. See WarningBegins.
func (s *Service) Notes(document *Document) []string {
	return notes(document, s.Reader.Newest(), s.Steps)
}

// Vocabulary is what is published that definitions refer to.
func (s *Service) Vocabulary(ctx context.Context) (known *Vocabulary, err error) {
	err = s.Store.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		known, err = s.Reader.Read(ctx, tx)
		return err
	})
	return known, err
}

// Plan is Plan with what the steps add to it.
func (s *Service) Plan(document *Document) proto.Message {
	plan := Plan(document, s.Reader.Newest())
	for _, step := range s.Steps {
		if plan != nil && step.Kind == document.Kind && step.Complete != nil {
			step.Complete(document.Message, plan)
		}
	}
	return plan
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
// changed is false. Errors: *Invalid when the document does not check or may not follow the version before it, *Conflict when
// the base version is not the newest one, and those of Adopt.
func (s *Service) Publish(ctx context.Context, publication Publication) (published *laurelv1.Definition, changed bool, err error) {
	document, problems, err := s.Check(ctx, publication.Yaml)
	if err != nil {
		return nil, false, err
	}
	if len(problems) > 0 {
		return nil, false, &Invalid{Problems: problems}
	}
	return s.publish(ctx, document, publication.BaseVersion, publication.By)
}

func (s *Service) publish(ctx context.Context, document *Document, base *int32, by string) (*laurelv1.Definition, bool, error) {
	if len(by) > maxPublishedByBytes || !utf8.ValidString(by) {
		by = word.Clip(by, maxPublishedByBytes)
	}
	for attempt := 1; ; attempt++ {
		var published *laurelv1.Definition
		var changed bool
		err := s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			var err error
			published, changed, err = s.publishOnce(ctx, tx, document, base, by)
			return err
		})
		switch {
		case err == nil:
			return published, changed, nil
		case db.IsConstraintError(err) && attempt < maxAttempts:
			continue // somebody else published this version number meanwhile: look again
		case db.IsConstraintError(err):
			return nil, false, fmt.Errorf("publish %s %s: %w", document.Kind, document.ID, ErrBusy)
		default:
			return nil, false, fmt.Errorf("publish %s %s: %w", document.Kind, document.ID, err)
		}
	}
}

func (s *Service) publishOnce(ctx context.Context, tx *store.Tx, document *Document, base *int32,
	by string) (*laurelv1.Definition, bool, error) {
	newest, err := newestOf(ctx, tx.Ent(), document.Kind, document.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, false, err
	}
	if newest.GetHash() == document.Hash {
		return newest, false, nil
	}
	version := newest.GetVersion()
	if base != nil && *base != version {
		return nil, false, &Conflict{Kind: document.Kind, ID: document.ID, Base: int(*base), Newest: int(version)}
	}
	now := s.Now()
	next := Published{
		Definition: &laurelv1.Definition{
			Kind: document.Kind, Id: document.ID, Version: version + 1, Hash: document.Hash, Yaml: document.Yaml,
			PublishedAt: timestamppb.New(now.Truncate(time.Microsecond)), PublishedBy: by,
		},
		Message: document.Message,
	}
	if newest != nil {
		before := parsePublished(newest, s.Steps...)
		if problems := checkSuccessor(before, document, now); len(problems) > 0 {
			return nil, false, &Invalid{Problems: problems}
		}
		next.Mends, next.ScoresUnread = before.Unread != nil, before.Unread != nil && before.Unread.hides("scoring", "leaderboard")
		next.TitleOnly = !next.Mends && titleOnly(before.Message, document.Message)
	}
	_, err = Change(ctx, tx, func(revision int64) (bool, error) {
		next.Revision = revision
		return true, s.follow(ctx, tx, document, next)
	})
	return next.Definition, err == nil, err
}

// follow stores a version and what follows from it, while nothing else is published and no batch is committed.
func (s *Service) follow(ctx context.Context, tx *store.Tx, document *Document, next Published) error {
	known, err := s.Reader.Read(ctx, tx)
	if err != nil {
		return err
	}
	var unfit refusals // something else may have been published since the document was checked
	document.kind.fit(document.Message, known, unfit.refuse)
	if len(unfit) > 0 {
		return &Invalid{Problems: document.Place(unfit)}
	}
	var folded journal.Positions
	if s.Folded != nil {
		if folded, err = s.Folded(ctx, tx); err != nil {
			return err
		}
	}
	if err := s.Adopt(ctx, tx, next); err != nil {
		return err
	}
	return insert(ctx, tx.Ent(), next.Definition, folded)
}

// Get returns one version of a definition, 0 meaning the newest. ErrNotFound when there is no such definition or version.
func (s *Service) Get(ctx context.Context, kind, id string, version int32) (*laurelv1.Definition, error) {
	var found *laurelv1.Definition
	var err error
	if version == 0 {
		found, err = newestOf(ctx, s.Store.Ent(), kind, id)
	} else {
		found, err = versionOf(ctx, s.Store.Ent(), kind, id, int(version))
	}
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	return found, nil
}
