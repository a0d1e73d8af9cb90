package modelfile

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// Save writes a model to a file as [Write] does, gzipped if the path ends in .gz.
// The file is under another name until it is whole: whoever reads the path finds
// the old model or the new one.
func Save(path string, f *forest.Forest) (err error) {
	part := fmt.Sprintf("%s.%08x.part", path, rand.Uint32())
	file, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return fmt.Errorf("write the model: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	err = writePacked(file, f, strings.HasSuffix(path, ".gz"))
	if err == nil {
		err = file.Sync() // or a crash leaves a file of that name and nothing in it
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.Rename(part, path)
}

func writePacked(w io.Writer, f *forest.Forest, packed bool) error {
	if !packed {
		return Write(w, f)
	}
	out := gzip.NewWriter(w)
	return errors.Join(Write(out, f), out.Close())
}
