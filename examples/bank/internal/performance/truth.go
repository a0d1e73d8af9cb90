package performance

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

// WriteTruth writes what was true to a file, gzipped if its name ends in .gz. It makes the file's folder.
func WriteTruth(path string, calls []groundtruth.Call) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	var out io.WriteCloser = file
	if strings.HasSuffix(path, ".gz") {
		out, err = gzip.NewWriterLevel(file, gzip.BestCompression)
		if err != nil {
			return errors.Join(err, file.Close())
		}
	}
	err = groundtruth.Write(out, slices.Values(calls))
	if out != file {
		err = errors.Join(err, out.Close())
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
