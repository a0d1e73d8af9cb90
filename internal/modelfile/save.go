package modelfile

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/wholefile"
)

// Save writes a model to a file as [Write] does, gzipped if the path ends in .gz, in
// the manner of [wholefile.Write]: whoever reads the path finds the old model or the
// new one.
func Save(path string, f *forest.Forest) error {
	err := wholefile.Write(path, func(w io.Writer) error { return writePacked(w, f, strings.HasSuffix(path, ".gz")) })
	if err != nil {
		return fmt.Errorf("write the model: %w", err)
	}
	return nil
}

func writePacked(w io.Writer, f *forest.Forest, packed bool) error {
	if !packed {
		return Write(w, f)
	}
	out := gzip.NewWriter(w)
	return errors.Join(Write(out, f), out.Close())
}
