package apibaselineexporter

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
)

// rowFileSettings are where rows go and how many are kept.
type rowFileSettings struct {
	path     string
	maxBytes int64
	backups  int
}

// rowFile is a CSV file with a header line that grows at its end. When it is full it is set aside as FILE.1, what has that
// name already as FILE.2, and so on.
type rowFile struct {
	settings rowFileSettings
	header   []byte

	file    *os.File // nil until there are rows
	size    int64
	pending bytes.Buffer // whole rows
	rows    *csv.Writer  // into pending
}

// flushAt is how many bytes of rows are written at once.
const flushAt = 64 << 10

func newRowFile(s rowFileSettings, columns []string) *rowFile {
	f := &rowFile{settings: s}
	f.rows = csv.NewWriter(&f.pending)
	_ = f.rows.Write(columns) // into memory
	f.rows.Flush()
	f.header = bytes.Clone(f.pending.Bytes())
	f.pending.Reset()
	return f
}

// write takes a row in.
func (f *rowFile) write(row []string) error {
	if err := f.rows.Write(row); err != nil {
		return err
	}
	f.rows.Flush()
	if f.pending.Len() >= flushAt {
		return f.flush()
	}
	return nil
}

// waits tells whether there are rows to be written.
func (f *rowFile) waits() bool { return f.pending.Len() > 0 }

// used tells whether there is a file with rows.
func (f *rowFile) used() bool { return f.size > 0 }

// flush appends the rows to the file. Those that cannot be written are lost.
func (f *rowFile) flush() error {
	if !f.waits() {
		return nil
	}
	defer f.pending.Reset()
	if f.file == nil {
		if err := f.open(); err != nil {
			return err
		}
	}
	if f.size+int64(f.pending.Len()) > f.settings.maxBytes && f.size > int64(len(f.header)) {
		if err := f.rotate(); err != nil {
			return err
		}
	}
	return f.append(f.pending.Bytes())
}

// append writes all or nothing.
func (f *rowFile) append(text []byte) error {
	n, err := f.file.Write(text)
	if err == nil {
		f.size += int64(n)
		return nil
	}
	if n > 0 {
		err = errors.Join(err, f.file.Truncate(f.size))
	}
	return err
}

// open opens the file, behind what is in there if that is rows of the same columns.
func (f *rowFile) open() error {
	continues, err := f.continues()
	if err != nil {
		return err
	}
	if !continues {
		if err := f.setAside(); err != nil {
			return err
		}
	}
	return f.begin()
}

// begin opens the file, and writes the header if that is not there.
func (f *rowFile) begin() error {
	file, err := os.OpenFile(f.settings.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	f.file, f.size = file, info.Size()
	if f.size == 0 {
		return f.append(f.header)
	}
	return nil
}

// continues tells whether rows can be put behind those in the file, or there is no file. The last row is torn where the
// machine went down while it was written.
func (f *rowFile) continues() (bool, error) {
	file, err := os.Open(f.settings.path)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%s is no file: name one", f.settings.path)
	case info.Size() == 0:
		return true, nil
	}
	head, last := make([]byte, len(f.header)), make([]byte, 1)
	if _, err := io.ReadFull(file, head); err != nil {
		return false, nil // it is shorter than that
	}
	_, err = file.ReadAt(last, info.Size()-1)
	return bytes.Equal(head, f.header) && last[0] == '\n', err
}

// rotate sets the file aside and begins a new one.
func (f *rowFile) rotate() error {
	if err := f.closeFile(); err != nil {
		return err
	}
	if err := f.setAside(); err != nil {
		return err
	}
	return f.begin()
}

// setAside gives the file the first of the names that end in a number, after the others have moved on by one.
func (f *rowFile) setAside() error {
	if f.settings.backups == 0 {
		return os.Remove(f.settings.path)
	}
	for n := f.settings.backups - 1; n >= 0; n-- {
		if err := os.Rename(f.backup(n), f.backup(n+1)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// backup is the name of the n-th file set aside; the 0th is the file itself.
func (f *rowFile) backup(n int) string {
	if n == 0 {
		return f.settings.path
	}
	return fmt.Sprintf("%s.%d", f.settings.path, n)
}

func (f *rowFile) closeFile() error {
	if f.file == nil {
		return nil
	}
	err := errors.Join(f.file.Sync(), f.file.Close())
	f.file = nil
	return err
}

// close writes what is left.
func (f *rowFile) close() error { return errors.Join(f.flush(), f.closeFile()) }
