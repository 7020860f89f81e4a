package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/laurelhq/laurel/ent/db"
	"github.com/laurelhq/laurel/ent/db/session"
)

// maxSweptSessions bounds the expired sessions removed whenever one is written.
const maxSweptSessions = 100

// sessionStore keeps sessions in their table under the hash of their token.
type sessionStore struct {
	records
	// idle ends a session that was not used for so long.
	idle time.Duration
}

// FindCtx implements scs.CtxStore over the session table. token is already a hash.
func (s sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	row, err := s.read.Session.Query().Where(session.ID(token), session.ExpiresAtGT(s.now().UnixMicro())).Only(ctx)
	if db.IsNotFound(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read session: %w", err)
	}
	return row.Data, true, nil
}

// CommitCtx implements scs.CtxStore; expiry is the absolute deadline. It also removes some sessions that have expired.
func (s sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	if idle := s.now().Add(s.idle); idle.Before(expiry) {
		expiry = idle
	}
	return s.write(ctx, func(ctx context.Context, tx *db.Client) error {
		err := tx.Session.Create().SetID(token).SetData(data).SetExpiresAt(expiry.UnixMicro()).
			OnConflictColumns(session.FieldID).UpdateNewValues().Exec(ctx)
		if err := wrapInsert("keep session", err); err != nil {
			return err
		}
		expired, err := tx.Session.Query().Where(session.ExpiresAtLTE(s.now().UnixMicro())).Limit(maxSweptSessions).IDs(ctx)
		if err != nil || len(expired) == 0 {
			return err
		}
		_, err = tx.Session.Delete().Where(session.IDIn(expired...)).Exec(ctx)
		return err
	})
}

// DeleteCtx implements scs.CtxStore.
func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.write(ctx, func(ctx context.Context, tx *db.Client) error {
		_, err := tx.Session.Delete().Where(session.ID(token)).Exec(ctx)
		return err
	})
}

// Find completes scs.Store; the library calls the variants with a context.
func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit completes scs.Store.
func (s sessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete completes scs.Store.
func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
