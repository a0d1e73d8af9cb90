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

	file *os.File // nil for one that [New] made
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
	f, err := New(name, file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	f.file = file
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		f.Size = info.Size()
	}
	return f, nil
}

// New is [Open] for what is open already, such as standard input, and stays so.
// Errors call it by the name.
func New(name string, in io.Reader) (*File, error) {
	f := &File{Name: name}
	f.in = bufio.NewReaderSize(&counter{in, &f.read}, 1<<16)
	if magic, _ := f.in.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		unzipped, err := gzip.NewReader(f.in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		f.in = bufio.NewReaderSize(unzipped, 1<<16)
	}
	return f, nil
}

// Read reads what is recorded, unzipped.
func (f *File) Read(p []byte) (int, error) { return f.in.Read(p) }

// Done is how many of Size bytes have been read.
func (f *File) Done() int64 { return f.read.Load() }

// Close closes what [Open] opened.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

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
