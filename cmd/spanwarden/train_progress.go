package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// workBar draws how much of some work is done, on a terminal and where that takes
// more than a moment.
type workBar struct {
	out   io.Writer // nil where nobody watches
	now   func() time.Time
	what  string    // is counted, such as trees
	total int       // of all parts of the work
	ended int       // of the parts before
	done  int       // of all parts so far
	shown int       // that were drawn last
	next  time.Time // not drawn before
	open  bool      // the line has no end yet
}

func newWorkBar(out io.Writer, now func() time.Time, what string, total int) *workBar {
	if !isTerminal(out) {
		out = nil
	}
	return &workBar{out: out, now: now, what: what, total: total, next: now().Add(500 * time.Millisecond)}
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// progress is called after each piece of a part of the work, such as a tree of a
// forest.
func (b *workBar) progress(done, total int) {
	b.done = b.ended + done
	if done == total {
		b.ended += total
	}
	if b.out == nil || b.now().Before(b.next) {
		return
	}
	b.draw()
}

func (b *workBar) draw() {
	const width = 30
	part := float64(b.done) / float64(max(1, b.total))
	filled := int(min(1, part) * width)
	fmt.Fprintf(b.out, "\r%d of %d %s [%s%s] %3.0f %%",
		b.done, b.total, b.what, strings.Repeat("#", filled), strings.Repeat(".", width-filled), 100*min(1, part))
	b.next, b.shown, b.open = b.now().Add(200*time.Millisecond), b.done, true
}

// end draws how far it came, if anything was drawn at all, and leaves the line.
func (b *workBar) end() {
	if b.shown > 0 && b.shown != b.done {
		b.draw()
	}
	if b.open {
		fmt.Fprintln(b.out)
		b.open = false
	}
}
