package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/user"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kong"

	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// journalCmd is the verb journal.
type journalCmd struct {
	List    listJournalCmd    `cmd:"" help:"Show the ranges: positions, times in UTC, events, bytes, and what was done with them."`
	Archive archiveJournalCmd `cmd:"" help:"Write closed ranges to files, each into a folder of its own, and compare these with the journal. What is archived already is compared only."`
	Drop    dropJournalCmd    `cmd:"" help:"Take archived ranges out of the database, when they are equal to their archives and nothing needs them any more."`
}

// ranges opens the journal for one task. The database may be in use by running servers.
func (s storage) ranges(ctx context.Context, do func(database *store.Store, events *journal.Journal) error) (err error) {
	if err := s.check(); err != nil {
		return err
	}
	database, err := store.Open(ctx, s.DatabaseURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	events, err := journal.Open(ctx, database, 0)
	if err != nil {
		return fmt.Errorf("%w; if the database is empty or from an older version, laurel migrate brings it up to date", err)
	}
	return do(database, events)
}

// each does something with each range of some numbers, in their order. One that fails leaves out those behind it.
func each(ctx context.Context, events *journal.Journal, ids []int64, do func(r journal.Range) error) error {
	list, err := events.Ranges(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		r, err := journal.Find(list, id)
		if err == nil {
			err = do(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// whoami is who runs this program, on which machine, as the record of archives and drops names them.
func whoami() string {
	name, host := "unknown", "unknown"
	if known, err := user.Current(); err == nil {
		name = known.Username
	}
	if known, err := os.Hostname(); err == nil {
		host = known
	}
	return name + "@" + host
}

type listJournalCmd struct {
	storage
}

// Run prints one line a range.
func (c *listJournalCmd) Run(ctx context.Context, cli *kong.Context) error {
	return c.ranges(ctx, func(_ *store.Store, events *journal.Journal) error {
		list, err := events.Ranges(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(cli.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "RANGE\tSTATE\tEVENTS\tBYTES\tFIRST POSITION\tLAST POSITION\tFIRST ARRIVAL\tLAST ARRIVAL\tFIRST EVENT\tLAST "+
			"EVENT\tNOTE")
		for _, r := range list {
			contents, recorded := r.Recorded()
			var left int64
			if !recorded || r.Dropped != nil {
				found, err := events.Contents(ctx, r)
				if err != nil {
					return err
				}
				if left = found.Events; !recorded {
					contents = found
				}
			}
			fmt.Fprintf(table, "%d\t%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.State, contents.Events, contents.Bytes,
				position(contents.FirstSeq), position(contents.LastSeq), instant(contents.FirstIngest), instant(contents.LastIngest),
				instant(contents.FirstEvent), instant(contents.LastEvent), note(r, left))
		}
		return table.Flush()
	})
}

func position(seq int64) string {
	if seq == 0 {
		return "-"
	}
	return fmt.Sprint(seq)
}

func instant(micros int64) string {
	if micros == 0 {
		return "-"
	}
	return time.UnixMicro(micros).UTC().Format(time.RFC3339)
}

// note says who did what with a range last. left is how many events of a dropped range are still in the database.
func note(r journal.Range, left int64) string {
	switch {
	case r.Dropped != nil && left > 0:
		return fmt.Sprintf("%s; %d of its events are still to be deleted: laurel journal drop %d goes on with it", note(r, 0), left, r.ID)
	case r.Dropped != nil:
		return fmt.Sprintf("dropped %s by %s with the archive in %s, manifest %s", instant(r.Dropped.AtMicros), r.Dropped.By, r.DroppedWith(),
			r.Dropped.ManifestHash)
	case len(r.Archives) > 0:
		last := r.Archives[len(r.Archives)-1]
		return fmt.Sprintf("archived %s by %s to %s, manifest %s", instant(last.AtMicros), last.By, last.Folder, last.ManifestHash)
	default:
		return ""
	}
}

type archiveJournalCmd struct {
	storage
	Ranges []int64 `arg:"" name:"range" help:"Numbers of closed ranges, as laurel journal list shows them."`
	To     string  `required:"" help:"Folder in which each archive gets a folder of its own." placeholder:"DIR"`
}

// Run archives the ranges, one after the other.
func (c *archiveJournalCmd) Run(ctx context.Context, cli *kong.Context) error {
	folder, err := filepath.Abs(c.To)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	return c.ranges(ctx, func(_ *store.Store, events *journal.Journal) error {
		return each(ctx, events, c.Ranges, func(r journal.Range) error {
			if err := r.CheckClosed(); err != nil {
				return err
			}
			return archiveRange(ctx, cli.Stdout, events, r, archive.Writer{Folder: folder})
		})
	})
}

func archiveRange(ctx context.Context, out io.Writer, events *journal.Journal, r journal.Range, to archive.Writer) error {
	a, err := to.Write(ctx, r, rowsOf(events, r))
	if err != nil {
		return err
	}
	noted := journal.Archived{Contents: a.Manifest.Contents(), ManifestHash: a.Hash, Folder: a.Folder, By: whoami()}
	if err := events.Archive(ctx, r, noted); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "range %d: %d events in %s, equal to the journal; manifest %s\n", r.ID, a.Manifest.Events, a.Folder, a.Hash)
	return err
}

// rowsOf reads the rows of a range. When it was dropped meanwhile, by another run, some may have been missing.
func rowsOf(events *journal.Journal, r journal.Range) func(context.Context) iter.Seq2[journal.Stored, error] {
	return func(ctx context.Context) iter.Seq2[journal.Stored, error] {
		return func(yield func(journal.Stored, error) bool) {
			for e, err := range events.Between(ctx, r.First, r.Until) {
				if !yield(e, err) || err != nil {
					return
				}
			}
			if err := each(ctx, events, []int64{r.ID}, func(now journal.Range) error { return now.CheckClosed() }); err != nil {
				yield(journal.Stored{}, err)
			}
		}
	}
}

type dropJournalCmd struct {
	storage
	Ranges  []int64  `arg:"" name:"range" help:"Numbers of archived ranges."`
	Archive []string `required:"" help:"Folder with their archives, which are compared with the journal once more; may be named more than once." placeholder:"DIR" type:"existingdir"`
}

// lookForArchives opens the archives in some folders and says which can't be opened.
func lookForArchives(say io.Writer, folders []string) (*archive.Shelf, error) {
	shelf, err := archive.Look(folders)
	if err != nil {
		return nil, err
	}
	for _, why := range shelf.LeftOut() {
		_, _ = fmt.Fprintf(say, "laurel: an archive is left out: %s\n", why)
	}
	return shelf, nil
}

// Run drops the ranges, one after the other.
func (c *dropJournalCmd) Run(ctx context.Context, cli *kong.Context) error {
	shelf, err := lookForArchives(cli.Stderr, c.Archive)
	if err != nil {
		return err
	}
	return c.ranges(ctx, func(_ *store.Store, events *journal.Journal) error {
		return each(ctx, events, c.Ranges, func(r journal.Range) error { return dropRange(ctx, cli.Stdout, events, r, shelf) })
	})
}

func dropRange(ctx context.Context, out io.Writer, events *journal.Journal, r journal.Range, shelf *archive.Shelf) error {
	drop := journal.Drop{Range: r, By: whoami(), Needed: func(ctx context.Context, tx *store.Tx, contents journal.Contents) (string, error) {
		return contest.Needing(ctx, tx, contents, events.Partitions())
	}}
	if r.Dropped != nil {
		drop.ManifestHash = r.Dropped.ManifestHash
		left, err := events.Contents(ctx, r)
		if err == nil {
			err = events.Drop(ctx, drop)
		}
		if err != nil {
			return err
		}
		more := ""
		if left.Events > 0 {
			more = fmt.Sprintf("; %d of its events were still to be deleted, and are now", left.Events)
		}
		_, err = fmt.Fprintf(out, "range %d: was dropped %s by %s%s\n", r.ID, instant(r.Dropped.AtMicros), r.Dropped.By, more)
		return err
	}
	if err := r.CheckClosed(); err != nil {
		return err
	}
	a, err := shelf.ForRange(r)
	if err != nil {
		return err
	}
	if err := a.Equal(ctx, r, events.Between(ctx, r.First, r.Until)); err != nil {
		return err
	}
	drop.ManifestHash, drop.Folder = a.Hash, a.Folder
	if err := events.Drop(ctx, drop); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "range %d: dropped; its %d events are in %s, manifest %s\n", r.ID, a.Manifest.Events, a.Folder, a.Hash)
	return err
}
