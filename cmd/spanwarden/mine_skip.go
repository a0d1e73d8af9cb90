package main

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/recording"
)

// skipped are traces that are not learned from, and whether the recordings have them.
type skipped map[pcommon.TraceID]bool

// readSkipped reads trace ids, one a line. What follows # is a comment.
func readSkipped(paths []string) (skipped, error) {
	ids := make(skipped)
	var errs []error
	for _, path := range paths {
		if err := ids.read(path); err != nil {
			errs = append(errs, fmt.Errorf("--skip: %w", err))
		}
	}
	return ids, errors.Join(errs...)
}

func (s skipped) read(path string) error {
	file, err := recording.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return file.Lines(func(line []byte) error {
		text, _, _ := bytes.Cut(line, []byte("#"))
		text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\uFEFF")))
		if len(text) == 0 {
			return nil
		}
		var id pcommon.TraceID
		if len(text) != 2*len(id) {
			return fmt.Errorf("%q is no trace id: write its 32 hexadecimal digits, and what else there is to say behind a #", shownText(string(text[:min(len(text), 100)])))
		}
		if _, err := hex.Decode(id[:], text); err != nil {
			return fmt.Errorf("%q is no trace id: write its 32 hexadecimal digits", shownText(string(text)))
		}
		s[id] = s[id] || false
		return nil
	})
}

// skips is whether a trace is left out.
func (s skipped) skips(id pcommon.TraceID) bool {
	_, named := s[id]
	if named {
		s[id] = true
	}
	return named
}

// found is how many of the traces were there, and how many were not.
func (s skipped) found() (there, missing int) {
	for _, seen := range s {
		if seen {
			there++
		} else {
			missing++
		}
	}
	return there, missing
}

// exceptional is a trace that differs from near-invariants.
type exceptional struct {
	id    string
	first time.Time
	found []string // which rule, and what
}

// maxFindings is how many findings of a trace are told.
const maxFindings = 5

// exceptionalTraces are the traces that differ from near-invariants, by their time. More counts the exceptions that
// nobody kept.
func exceptionalTraces(near []baseline.Near) (traces []*exceptional, more int) {
	byID := make(map[string]*exceptional)
	for i := range near {
		n := &near[i]
		more += max(0, n.Evidence.Violations-len(n.Exceptions))
		for _, x := range n.Exceptions {
			t := byID[x.TraceID]
			if t == nil {
				t = &exceptional{id: x.TraceID, first: x.Time}
				byID[x.TraceID] = t
				traces = append(traces, t)
			}
			if x.Time.Before(t.first) {
				t.first = x.Time
			}
			t.found = append(t.found, fmt.Sprintf("%s of %s: %s, which held on %d of %d calls (%s)%s", x.API, x.Service, n.Rule.ID,
				n.Evidence.Calls-n.Evidence.Violations, n.Evidence.Calls, n.Sentence, foundIn(&x)))
		}
	}
	slices.SortStableFunc(traces, func(a, b *exceptional) int {
		return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.id, b.id))
	})
	return traces, more
}

func foundIn(x *baseline.Exception) string {
	if x.Found == "" {
		return ""
	}
	return ", found " + x.Found
}

// writeExceptions writes a file for --skip.
func writeExceptions(w io.Writer, near []baseline.Near) error {
	traces, more := exceptionalTraces(near)
	var b strings.Builder
	fmt.Fprintf(&b, "# %s differ from %s, which held on nearly all calls.\n", counted(len(traces), "trace"), counted(len(near), "near-invariant"))
	b.WriteString("# Delete the lines of traces that are normal, and hand the rest to spanwarden mine --skip, beside the files\n")
	b.WriteString("# that were skipped before: it learns without these traces then.\n")
	if more > 0 {
		fmt.Fprintf(&b, "# %s not listed: --exceptions writes the next ones once these are skipped.\n", counted(more, "more exception")+" "+are(more))
	}
	for _, t := range traces {
		fmt.Fprintf(&b, "%s # %s", t.id, t.first.UTC().Format(time.RFC3339Nano))
		for _, text := range t.found[:min(len(t.found), maxFindings)] {
			const most = 400
			b.WriteString("; " + anomaly.Clean(text, most))
		}
		if rest := len(t.found) - maxFindings; rest > 0 {
			fmt.Fprintf(&b, "; and %d more", rest)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}
