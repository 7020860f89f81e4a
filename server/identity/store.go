package identity

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/laurelhq/laurel/ent/db"
	"github.com/laurelhq/laurel/ent/db/apikey"
	"github.com/laurelhq/laurel/ent/db/operator"
	"github.com/laurelhq/laurel/ent/db/player"
	"github.com/laurelhq/laurel/ent/db/signingkey"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/store"
)

const (
	// playersAtOnce bounds the ids in one query, far below either database's limit of parameters.
	playersAtOnce = 500
)

// records is what identity keeps in the database.
type records struct {
	read  *db.Client
	write func(ctx context.Context, do func(ctx context.Context, tx *db.Client) error) error
	now   func() time.Time
}

// operatorRecord is a stored operator.
type operatorRecord struct {
	name     string
	hash     string
	roles    []Role
	disabled bool
}

// keyRecord is a stored API key.
type keyRecord struct {
	APIKey
	secretHash []byte
}

// operatorByName returns the operator of that name; found is false when there is none.
func (r records) operatorByName(ctx context.Context, client *db.Client, name string) (operatorRecord, bool, error) {
	row, err := client.Operator.Query().Where(operator.Name(name)).Only(ctx)
	if db.IsNotFound(err) {
		return operatorRecord{}, false, nil
	}
	if err != nil {
		return operatorRecord{}, false, fmt.Errorf("read operator: %w", err)
	}
	return operatorRecord{name: row.Name, hash: row.PasswordHash, roles: textsTo[Role](row.Roles), disabled: row.DisabledAt != 0}, true, nil
}

// addOperator inserts the operator unless the name exists.
func (r records) addOperator(ctx context.Context, tx *db.Client, record operatorRecord) error {
	err := tx.Operator.Create().SetName(record.name).SetPasswordHash(record.hash).SetRoles(textsFrom(record.roles)).
		SetCreatedAt(r.now().UnixMicro()).OnConflictColumns(operator.FieldName).DoNothing().Exec(ctx)
	return wrapInsert("add operator", err)
}

// changeOperator replaces password hash and roles, and enables the operator again.
func (r records) changeOperator(ctx context.Context, tx *db.Client, record operatorRecord) error {
	err := tx.Operator.Update().Where(operator.Name(record.name)).
		SetPasswordHash(record.hash).SetRoles(textsFrom(record.roles)).SetDisabledAt(0).Exec(ctx)
	if err != nil {
		return fmt.Errorf("change operator: %w", err)
	}
	return nil
}

func (r records) addKey(ctx context.Context, record keyRecord) error {
	return r.write(ctx, func(ctx context.Context, tx *db.Client) error {
		err := tx.ApiKey.Create().SetID(record.ID).SetName(record.Name).SetSource(record.Source).SetSecretHash(record.secretHash).
			SetScopes(textsFrom(record.Scopes)).SetCreatedAt(record.CreatedAt.UnixMicro()).Exec(ctx)
		if err != nil {
			return fmt.Errorf("add api key: %w", err)
		}
		return nil
	})
}

func (r records) keyByID(ctx context.Context, id string) (keyRecord, bool, error) {
	row, err := r.read.ApiKey.Get(ctx, id)
	if db.IsNotFound(err) {
		return keyRecord{}, false, nil
	}
	if err != nil {
		return keyRecord{}, false, fmt.Errorf("read api key: %w", err)
	}
	return keyFromRow(row), true, nil
}

func (r records) listKeys(ctx context.Context, wanted KeyListing) ([]APIKey, error) {
	query := r.read.ApiKey.Query()
	if wanted.Text != "" {
		query = query.Where(store.HasText(wanted.Text, apikey.FieldID, apikey.FieldName))
	}
	if wanted.FromMicros != 0 {
		query = query.Where(apikey.CreatedAtGTE(wanted.FromMicros))
	}
	if wanted.UntilMicros != 0 {
		query = query.Where(apikey.CreatedAtLT(wanted.UntilMicros))
	}
	if wanted.ValidOnly {
		query = query.Where(apikey.RevokedAt(0))
	}
	query = query.Where(func(rows *entsql.Selector) { orderKeys(rows, wanted) })
	rows, err := query.Limit(wanted.Limit).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list api keys: %w", err)
	}
	keys := make([]APIKey, 0, len(rows))
	for _, row := range rows {
		keys = append(keys, keyFromRow(row).APIKey)
	}
	return keys, nil
}

// orderKeys orders a list of keys and has it go on behind the last one that was shown.
func orderKeys(rows *entsql.Selector, wanted KeyListing) {
	first, place := rows.C(apikey.FieldCreatedAt), any(int64(0))
	if wanted.AfterKey != nil {
		place = wanted.AfterKey.CreatedMicros
	}
	newestFirst := !wanted.ByName && !wanted.OldestFirst
	if wanted.ByName {
		first = rows.C(apikey.FieldName)
		if wanted.AfterKey != nil {
			place = wanted.AfterKey.Name
		}
	}
	columns := []string{first, rows.C(apikey.FieldID)}
	for _, column := range columns {
		if newestFirst {
			column = entsql.Desc(column)
		}
		rows.OrderBy(column)
	}
	switch {
	case wanted.AfterKey == nil:
	case newestFirst:
		rows.Where(entsql.CompositeLT(columns, place, wanted.AfterKey.ID))
	default:
		rows.Where(entsql.CompositeGT(columns, place, wanted.AfterKey.ID))
	}
}

// revokeKey marks the key as revoked, once. ErrNotFound when there is none of that id.
func (r records) revokeKey(ctx context.Context, id string) error {
	return r.write(ctx, func(ctx context.Context, tx *db.Client) error {
		changed, err := tx.ApiKey.Update().Where(apikey.ID(id), apikey.RevokedAt(0)).SetRevokedAt(r.now().UnixMicro()).Save(ctx)
		if err != nil {
			return fmt.Errorf("revoke api key: %w", err)
		}
		if changed > 0 {
			return nil
		}
		exists, err := tx.ApiKey.Query().Where(apikey.ID(id)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("revoke api key: %w", err)
		}
		if !exists {
			return fmt.Errorf("api key: %w", ErrNotFound)
		}
		return nil
	})
}

// installationKey is a secret made once.
type installationKey struct {
	id     string
	secret []byte
}

// keyFor returns the installation's key of this purpose. When there is none yet, candidate becomes it, unless another
// process was first: then its key is returned.
func (r records) keyFor(ctx context.Context, purpose string, candidate installationKey) (installationKey, error) {
	row, err := r.read.SigningKey.Query().Where(signingkey.Purpose(purpose)).Only(ctx)
	if db.IsNotFound(err) {
		err = r.write(ctx, func(ctx context.Context, tx *db.Client) error {
			err := tx.SigningKey.Create().SetID(candidate.id).SetPurpose(purpose).SetSecret(candidate.secret).
				SetCreatedAt(r.now().UnixMicro()).OnConflictColumns(signingkey.FieldPurpose).DoNothing().Exec(ctx)
			return wrapInsert("add signing key", err)
		})
		if err != nil {
			return installationKey{}, err
		}
		row, err = r.read.SigningKey.Query().Where(signingkey.Purpose(purpose)).Only(ctx)
	}
	if err != nil {
		return installationKey{}, fmt.Errorf("read signing key: %w", err)
	}
	return installationKey{id: row.ID, secret: row.Secret}, nil
}

// publicNames returns the names that players agreed to; players without one are missing.
func (r records) publicNames(ctx context.Context, userIDs []string) (map[string]string, error) {
	names := map[string]string{}
	for len(userIDs) > 0 {
		some := userIDs[:min(len(userIDs), playersAtOnce)]
		userIDs = userIDs[len(some):]
		rows, err := r.read.Player.Query().Where(player.IDIn(some...)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read public names: %w", err)
		}
		for _, row := range rows {
			if row.PublicName != "" {
				names[row.ID] = row.PublicName
			}
		}
	}
	return names, nil
}

func (r records) setPublicName(ctx context.Context, userID, name string) error {
	return r.write(ctx, func(ctx context.Context, tx *db.Client) error {
		err := tx.Player.Create().SetID(userID).SetPublicName(name).SetUpdatedAt(r.now().UnixMicro()).
			OnConflictColumns(player.FieldID).UpdateNewValues().Exec(ctx)
		return wrapInsert("set public name", err)
	})
}

func keyFromRow(row *db.ApiKey) keyRecord {
	record := keyRecord{secretHash: row.SecretHash, APIKey: APIKey{
		ID: row.ID, Name: row.Name, Source: cmp.Or(row.Source, event.SourceMain), Scopes: textsTo[Scope](row.Scopes),
		CreatedAt: time.UnixMicro(row.CreatedAt).UTC(),
	}}
	if row.RevokedAt != 0 {
		record.RevokedAt = time.UnixMicro(row.RevokedAt).UTC()
	}
	return record
}

// wrapInsert names the statement in its error. ent reports an insert that met an existing row as sql.ErrNoRows, which is what DO NOTHING
// asks for.
func wrapInsert(statement string, err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return fmt.Errorf("%s: %w", statement, err)
}

func textsFrom[T ~string](values []T) []string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	return texts
}

func textsTo[T ~string](texts []string) []T {
	values := make([]T, len(texts))
	for i, text := range texts {
		values[i] = T(text)
	}
	return values
}
