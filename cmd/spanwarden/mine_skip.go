package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/pdata/pcommon"

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
