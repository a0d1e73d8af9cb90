// Package wholefile writes files of which nobody ever sees a half: whoever opens one finds what was there before or what
// is there now, also after a crash.
package wholefile

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Write replaces the file with what fill writes, or makes a new one. The content goes into another file of the same folder
// first, and is on the disk before that takes the name. An error, of fill as well, leaves what was there. A path that is a
// symbolic link stays one: the file that it leads to is replaced. The new file has the permissions of the one before.
func Write(path string, fill func(w io.Writer) error) (err error) {
	target, mode, err := targetOf(path)
	if err != nil {
		return err
	}
	part := partOf(target)
	file, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, cmp.Or(mode, 0o666))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part) // the first error tells more
		}
	}()
	err = put(file, mode, fill)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.Rename(part, target); err != nil {
		return err
	}
	syncFolder(filepath.Dir(target))
	return nil
}

// Try tells why [Write] could not write a file there, if that is so. It makes a file of another name in the folder and
// removes it.
func Try(path string) error {
	target, _, err := targetOf(path)
	if err != nil {
		return err
	}
	part := partOf(target)
	file, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(part))
}

func partOf(target string) string { return fmt.Sprintf("%s.%08x.part", target, rand.Uint32()) }

// put fills the file, and returns when that is on the disk.
func put(file *os.File, mode os.FileMode, fill func(w io.Writer) error) error {
	out := bufio.NewWriterSize(file, 1<<16)
	if err := errors.Join(fill(out), out.Flush()); err != nil {
		return err
	}
	if mode != 0 {
		if err := file.Chmod(mode); err != nil { // the umask took from it
			return err
		}
	}
	return file.Sync()
}

// targetOf returns the file to replace, which is another one than path if that is a symbolic link, and its permissions;
// 0 if there is no file yet.
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

// syncFolder brings a new name to the disk, as far as one is let: not everywhere is a folder something that can be
// synchronised, and one may be allowed to write there and not to read. The file itself is on the disk in any case.
func syncFolder(folder string) {
	if file, err := os.Open(folder); err == nil {
		_ = file.Sync()
		_ = file.Close()
	}
}
