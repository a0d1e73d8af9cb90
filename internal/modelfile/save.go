package modelfile

import (
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// Save writes a model to a file as [Write] does, gzipped if the path ends in .gz.
// The file is under another name until it is whole: whoever reads the path finds
// the old model or the new one. A path that is a symbolic link stays one: the file
// that it leads to is replaced. The new file has the old one's permissions.
func Save(path string, f *forest.Forest) (err error) {
	target, mode, err := targetOf(path)
	if err != nil {
		return fmt.Errorf("write the model: %w", err)
	}
	part := fmt.Sprintf("%s.%08x.part", target, rand.Uint32())
	file, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, cmp.Or(mode, 0o666))
	if err != nil {
		return fmt.Errorf("write the model: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	err = writePacked(file, f, strings.HasSuffix(path, ".gz"))
	if err == nil && mode != 0 {
		err = file.Chmod(mode) // the umask took from it
	}
	if err == nil {
		err = file.Sync() // or a crash leaves a file of that name and nothing in it
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.Rename(part, target)
}

// targetOf returns the file to replace, which is another one than path if that is a
// symbolic link, and its permissions; 0 if there is no file yet.
func targetOf(path string) (target string, mode os.FileMode, err error) {
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return path, 0, nil
	}
	target, err = filepath.EvalSymlinks(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", 0, fmt.Errorf("%s is a symbolic link to a file that is not there: remove the link: %w", path, err)
	}
	if err != nil {
		return "", 0, err
	}
	info, err := os.Stat(target)
	if err != nil {
		return "", 0, err
	}
	if !info.Mode().IsRegular() {
		return "", 0, fmt.Errorf("%s is no file: name one", path)
	}
	return target, info.Mode().Perm(), nil
}

func writePacked(w io.Writer, f *forest.Forest, packed bool) error {
	if !packed {
		return Write(w, f)
	}
	out := gzip.NewWriter(w)
	return errors.Join(Write(out, f), out.Close())
}
