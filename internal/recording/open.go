// Package recording reads recorded telemetry: OTLP JSON lines and access logs,
// gzipped or not.
package recording

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// File is a recording that is being read.
type File struct {
	Name string
	Size int64 // bytes on disk; 0 where that is unknown, as of a pipe

	file *os.File
	gzip *gzip.Reader
	read atomic.Int64
	in   *bufio.Reader
}

// Open opens a recording; what begins like gzip is read as gzip, whatever its
// name.
func Open(name string) (*File, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	f := &File{Name: name, file: file}
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		f.Size = info.Size()
	}
	f.in = bufio.NewReaderSize(&counter{file, &f.read}, 1<<16)
	if magic, _ := f.in.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		if f.gzip, err = gzip.NewReader(f.in); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", name, err), file.Close())
		}
		f.in = bufio.NewReaderSize(f.gzip, 1<<16)
	}
	return f, nil
}

// Read reads what is recorded, unzipped.
func (f *File) Read(p []byte) (int, error) { return f.in.Read(p) }

// Done is how many of Size bytes have been read.
func (f *File) Done() int64 { return f.read.Load() }

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// counter counts what is read through it.
type counter struct {
	in   io.Reader
	read *atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.read.Add(int64(n))
	return n, err
}
