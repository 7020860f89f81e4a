package main

import (
	"context"
	"fmt"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/rule"
)

// openContests makes contests and the catalog of their definitions.
func (p *process) openContests(context.Context) error {
	p.contests = contest.NewService(contest.Config{
		Store: p.database, Journal: p.journal, Reader: p.vocabulary, Clock: p.clock, Now: p.now, Log: p.log, Players: p.sizes.Of,
		Changed: p.contestChanged.tell,
	})
	p.definitions = catalog.NewService(catalog.Config{
		Store: p.database, Reader: p.vocabulary, Folded: p.journal.Cursors, Adopt: p.contests.Adopt, Now: p.now,
		Steps: []catalog.Step{rule.Step()},
	})
	p.metrics.CountUnread(func() int { return len(p.contests.Unread()) })
	p.contestChanged.to(func(id string) {
		if p.contests.Set().Final(id) {
			p.metrics.ForgetContest(id)
		}
	})
	p.start(p.contests.Run)
	return nil
}

// publish publishes the given definitions and reads what is there. A problem stops the start.
func (p *process) publish(ctx context.Context) error {
	if p.rules != nil {
		report, err := p.definitions.LoadFolder(ctx, p.rules, p.rulesName, "laurel")
		for _, skipped := range report.Skipped {
			p.log.WarnContext(ctx, "definition left out", "file", skipped.File, "reason", skipped.Reason)
		}
		if err != nil {
			return fmt.Errorf("publish %s: %w", p.rulesName, err)
		}
		if len(report.Published)+len(report.Unchanged) == 0 {
			p.log.WarnContext(ctx, "no definition found", "folder", p.rulesName)
		}
		p.log.InfoContext(ctx, "definitions published", "folder", p.rulesName, "new", len(report.Published), "unchanged", len(report.Unchanged))
	}
	return p.contests.Sync(ctx)
}

func (p *process) contestIDs() []string {
	all := p.contests.Set().All()
	list := make([]string, len(all))
	for i, c := range all {
		list[i] = c.ID
	}
	return list
}
