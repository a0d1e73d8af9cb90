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
	total int       // trees of all forests
	grown int       // trees of the forests before
	next  time.Time // not drawn before
	drawn bool
}

func newTrainingBar(out io.Writer, total int) *trainingBar {
	if !isTerminal(out) {
		out = nil
	}
	return &trainingBar{out: out, total: total, next: time.Now().Add(500 * time.Millisecond)}
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
	trees := b.grown + done
	if done == total {
		b.grown += total
	}
	if b.out == nil || time.Now().Before(b.next) {
		return
	}
	const width = 30
	part := float64(trees) / float64(b.total)
	filled := int(min(1, part) * width)
	fmt.Fprintf(b.out, "\r%d of %d trees [%s%s] %3.0f %%",
		trees, b.total, strings.Repeat("#", filled), strings.Repeat(".", width-filled), 100*min(1, part))
	b.next, b.drawn = time.Now().Add(200*time.Millisecond), true
}

// end leaves the line of the bar.
func (b *trainingBar) end() {
	if b.drawn {
		fmt.Fprintln(b.out)
		b.drawn = false
	}
}
