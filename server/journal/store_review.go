package journal

import (
	"context"
	"fmt"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/word"
)

// DeadLetter is an event that a stage could not fold.
type DeadLetter struct {
	// ID numbers the letters; it is set when the letter is read back, like FailedMicros and Body.
	ID int64
	// Partition and Seq are the event's place in the journal.
	Partition                       int
	Seq                             int64
	EventID, Stage, Subject, Reason string
	// FailedMicros, and Body, the event as the journal has it, are set when the letter is read back. Body is nil when the event's range was
	// dropped.
	FailedMicros int64
	Body         []byte
}

// maxReason bounds the stored reason, in bytes.
const maxReason = 2048

const (
	buryPostgres = `INSERT INTO dead_letter (failed_at, partition, seq, event_id, stage, subject, reason)
		SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[]) ON CONFLICT (seq, partition, stage,
			subject) DO NOTHING`
	burySQLite = `INSERT INTO dead_letter (failed_at, partition, seq, event_id, stage, subject, reason) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (seq, partition, stage, subject) DO NOTHING`
)

// Bury stores dead letters in the transaction of their batch; a repeat changes nothing. Many cost little more than one: a formula that
// fails for every round must not make the batch too slow to ever be committed.
func Bury(ctx context.Context, tx *store.Tx, letters []DeadLetter, failedMicros int64) error {
	if len(letters) == 0 {
		return nil
	}
	bury := buryAll
	if tx.Dialect() == store.SQLite {
		bury = buryEach
	}
	if err := bury(ctx, tx, letters, failedMicros); err != nil {
		return fmt.Errorf("store dead letters: %w", err)
	}
	return nil
}

func buryAll(ctx context.Context, tx *store.Tx, letters []DeadLetter, failedMicros int64) error {
	partitions, seqs := make([]int64, len(letters)), make([]int64, len(letters))
	var texts [4][]string // event ids, stages, subjects, reasons
	for i, l := range letters {
		partitions[i], seqs[i] = int64(l.Partition), l.Seq
		for column, text := range [...]string{l.EventID, l.Stage, l.Subject, word.Clip(l.Reason, maxReason)} {
			texts[column] = append(texts[column], text)
		}
	}
	_, err := tx.ExecContext(ctx, buryPostgres, failedMicros, partitions, seqs, texts[0], texts[1], texts[2], texts[3])
	return err
}

func buryEach(ctx context.Context, tx *store.Tx, letters []DeadLetter, failedMicros int64) error {
	insert, err := tx.PrepareContext(ctx, burySQLite)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	for _, l := range letters {
		if _, err := insert.ExecContext(ctx, failedMicros, l.Partition, l.Seq, l.EventID, l.Stage, l.Subject,
			word.Clip(l.Reason, maxReason)); err != nil {
			return err
		}
	}
	return nil
}

// LetterFilter is which dead letters are wanted; an empty field means any.
type LetterFilter struct {
	store.Listing
	Stage, Subject string
}

// DeadLetters returns a part of the list of dead letters.
func (j *Journal) DeadLetters(ctx context.Context, filter LetterFilter) ([]DeadLetter, error) {
	conditions := j.store.Conditions()
	if filter.Stage != "" {
		conditions.Add("d.stage = ?", filter.Stage)
	}
	if filter.Subject != "" {
		conditions.Add("d.subject = ?", filter.Subject)
	}
	var letters []DeadLetter
	query := "SELECT d.id, d.partition, d.seq, d.event_id, d.stage, d.subject, d.reason, d.failed_at FROM dead_letter AS d" +
		conditions.List(filter.Listing, store.Columns{Key: "d.id", Time: "d.failed_at", Texts: []string{"d.event_id", "d.reason"}})
	err := scanAll(ctx, j.store.Read(), query, func(scan func(...any) error) error {
		var l DeadLetter
		err := scan(&l.ID, &l.Partition, &l.Seq, &l.EventID, &l.Stage, &l.Subject, &l.Reason, &l.FailedMicros)
		letters = append(letters, l)
		return err
	}, conditions.Args...)
	if err != nil {
		return nil, fmt.Errorf("read dead letters: %w", err)
	}
	seqs := make([]int64, len(letters))
	for i := range letters {
		seqs[i] = letters[i].Seq
	}
	bodies, err := j.bodies(ctx, seqs)
	if err != nil {
		return nil, fmt.Errorf("read events of dead letters: %w", err)
	}
	for i := range letters {
		letters[i].Body = bodies[letters[i].Seq]
	}
	return letters, nil
}

// BuriedIn returns the places of the events that were buried as a whole in a stage; nothing else of the letters is filled in.
func (j *Journal) BuriedIn(ctx context.Context, stage string) ([]DeadLetter, error) {
	var letters []DeadLetter
	err := scanAll(ctx, j.store.Read(), "SELECT partition, seq FROM dead_letter WHERE stage = $1 AND subject = ''",
		func(scan func(...any) error) error {
			var l DeadLetter
			err := scan(&l.Partition, &l.Seq)
			letters = append(letters, l)
			return err
		}, stage)
	if err != nil {
		return nil, fmt.Errorf("read dead letters of %s: %w", stage, err)
	}
	return letters, nil
}

// Refusal is a re-use of an identity with other content.
type Refusal struct {
	Identity
	ID int64
	// Sent and Stored are events as event.Content encodes them. Stored is nil when the journal no longer has the event that had the id.
	Sent, Stored  []byte
	RefusedMicros int64
}

// keptConflict is an entry that was refused, and the position of the event that has its identity.
type keptConflict struct {
	*Entry
	seq int64
}

const (
	conflictPostgres = `INSERT INTO event_conflict (refused_at, source, event_id, content_hash, body, seq)
		SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::bigint[])
		ON CONFLICT (source, event_id, content_hash) DO NOTHING`
	conflictSQLite = `INSERT INTO event_conflict (refused_at, source, event_id, content_hash, body, seq) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (source, event_id, content_hash) DO NOTHING`
)

// keepConflicts stores refused entries; a repeat changes nothing. Many cost little more than one.
func keepConflicts(ctx context.Context, tx *store.Tx, list []keptConflict, refusedMicros int64) error {
	if tx.Dialect() == store.Postgres {
		sources, ids, hashes, bodies := make([]string, len(list)), make([]string, len(list)), make([][]byte, len(list)), make([][]byte, len(list))
		seqs := make([]int64, len(list))
		for i, c := range list {
			sources[i], ids[i], hashes[i], bodies[i], seqs[i] = c.Source, c.EventID, c.ContentHash[:], c.Body, c.seq
		}
		_, err := tx.ExecContext(ctx, conflictPostgres, refusedMicros, sources, ids, hashes, bodies, seqs)
		return err
	}
	insert, err := tx.PrepareContext(ctx, conflictSQLite)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	for _, c := range list {
		if _, err := insert.ExecContext(ctx, refusedMicros, c.Source, c.EventID, c.ContentHash[:], c.Body, c.seq); err != nil {
			return err
		}
	}
	return nil
}

// Conflicts returns a part of the list of refused re-uses of identities.
func (j *Journal) Conflicts(ctx context.Context, wanted store.Listing) ([]Refusal, error) {
	conditions := j.store.Conditions()
	query := "SELECT c.id, c.source, c.event_id, c.body, c.seq, c.refused_at FROM event_conflict AS c" +
		conditions.List(wanted, store.Columns{Key: "c.id", Time: "c.refused_at", Texts: []string{"c.event_id"}})
	var list []Refusal
	var seqs []int64
	err := scanAll(ctx, j.store.Read(), query, func(scan func(...any) error) error {
		var r Refusal
		var seq int64
		err := scan(&r.ID, &r.Source, &r.EventID, &r.Sent, &seq, &r.RefusedMicros)
		list, seqs = append(list, r), append(seqs, seq)
		return err
	}, conditions.Args...)
	if err != nil {
		return nil, fmt.Errorf("read conflicts: %w", err)
	}
	bodies, err := j.bodies(ctx, seqs)
	if err != nil {
		return nil, fmt.Errorf("read events that conflict: %w", err)
	}
	for i := range list {
		list[i].Stored = bodies[seqs[i]]
	}
	return list, nil
}

// Totals returns how many dead letters and conflicts there are.
func (j *Journal) Totals(ctx context.Context) (deadLetters, conflicts int64, err error) {
	err = j.store.Read().QueryRowContext(ctx, "SELECT (SELECT count(*) FROM dead_letter), (SELECT count(*) FROM event_conflict)").
		Scan(&deadLetters, &conflicts)
	if err != nil {
		return 0, 0, fmt.Errorf("count dead letters and conflicts: %w", err)
	}
	return deadLetters, conflicts, nil
}
