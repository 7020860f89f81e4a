package main

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/laurelhq/laurel/server/mapping"
)

// progressStep is how many percent lie between two lines where there is no terminal.
const progressStep = 10

// ingestProgress shows how far a file is read: a bar on a terminal, a line every ten percent elsewhere.
type ingestProgress struct {
	out    io.Writer
	size   int64
	said   int64
	dry    bool // nothing is sent
	events atomic.Pointer[mapping.EventCounts]
	bars   *mpb.Progress
	bar    *mpb.Bar
}

func newIngestProgress(out io.Writer, size int64) *ingestProgress {
	p := &ingestProgress{out: out, size: max(size, 1)}
	p.events.Store(&mapping.EventCounts{})
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return p
	}
	p.bars = mpb.New(mpb.WithOutput(file), mpb.WithWidth(48))
	p.bar = p.bars.AddBar(p.size,
		mpb.PrependDecorators(decor.Percentage(decor.WCSyncSpace)),
		mpb.AppendDecorators(decor.AverageETA(decor.ET_STYLE_GO), decor.Any(func(decor.Statistics) string { return p.words() })),
	)
	return p
}

func (p *ingestProgress) words() string {
	events := p.events.Load()
	if p.dry {
		return fmt.Sprintf("  %d read, %d would be rejected", events.Accepted, events.Rejected)
	}
	return fmt.Sprintf("  %d accepted, %d duplicates, %d rejected", events.Accepted, events.Duplicates, events.Rejected)
}

// at tells that everything before the offset is done.
func (p *ingestProgress) at(offset int64, events mapping.EventCounts) {
	p.events.Store(&events)
	if p.bar != nil {
		p.bar.SetCurrent(min(offset, p.size))
		return
	}
	percent := 100 * offset / p.size
	if percent < p.said+progressStep {
		return
	}
	p.said = percent - percent%progressStep
	_, _ = fmt.Fprintf(p.out, "%3d %%%s\n", percent, p.words())
}

// say prints a line, above the bar when there is one.
func (p *ingestProgress) say(text string) {
	if p.bars != nil {
		_, _ = fmt.Fprintln(p.bars, text)
		return
	}
	_, _ = fmt.Fprintln(p.out, text)
}

// done leaves the terminal as it was.
func (p *ingestProgress) done() {
	if p.bar == nil {
		return
	}
	if !p.bar.Completed() {
		p.bar.Abort(false)
	}
	p.bars.Wait()
}
