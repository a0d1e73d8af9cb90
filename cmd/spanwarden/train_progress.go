package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// trainingBar draws how many trees are grown, on a terminal and where that takes
// more than a moment.
type trainingBar struct {
	out   io.Writer // nil where nobody watches
	now   func() time.Time
	total int       // trees of all forests
	grown int       // trees of the forests before
	trees int       // trees of all forests so far
	shown int       // trees that were drawn last
	next  time.Time // not drawn before
	open  bool      // the line has no end yet
}

func newTrainingBar(out io.Writer, now func() time.Time, total int) *trainingBar {
	if !isTerminal(out) {
		out = nil
	}
	return &trainingBar{out: out, now: now, total: total, next: now().Add(500 * time.Millisecond)}
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// progress is called after each tree of a forest.
func (b *trainingBar) progress(done, total int) {
	b.trees = b.grown + done
	if done == total {
		b.grown += total
	}
	if b.out == nil || b.now().Before(b.next) {
		return
	}
	b.draw()
}

func (b *trainingBar) draw() {
	const width = 30
	part := float64(b.trees) / float64(b.total)
	filled := int(min(1, part) * width)
	fmt.Fprintf(b.out, "\r%d of %d trees [%s%s] %3.0f %%",
		b.trees, b.total, strings.Repeat("#", filled), strings.Repeat(".", width-filled), 100*min(1, part))
	b.next, b.shown, b.open = b.now().Add(200*time.Millisecond), b.trees, true
}

// end draws how far it came, if anything was drawn at all, and leaves the line.
func (b *trainingBar) end() {
	if b.shown > 0 && b.shown != b.trees {
		b.draw()
	}
	if b.open {
		fmt.Fprintln(b.out)
		b.open = false
	}
}
