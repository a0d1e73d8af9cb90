package recorder

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"sync"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// File is a recording that is being written: gzipped lines of OTLP JSON, one for each request. The same requests make the
// same file, to the byte. Its methods are safe for concurrent use.
type File struct {
	mu     sync.Mutex
	file   *os.File
	zip    *gzip.Writer
	buffer *bufio.Writer
	closed bool
}

// NewFile creates the file, or empties the one there is.
func NewFile(path string) (*File, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("create the recording: %w", err)
	}
	zip, err := gzip.NewWriterLevel(file, gzip.BestCompression) // neither name nor time in its header
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &File{file: file, zip: zip, buffer: bufio.NewWriterSize(zip, 1<<16)}, nil
}

// Write adds a line.
func (f *File) Write(td ptrace.Traces) error {
	line, err := new(ptrace.JSONMarshaler).MarshalTraces(td)
	if err != nil {
		return fmt.Errorf("write spans as JSON: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return fmt.Errorf("write to %s: %w", f.file.Name(), os.ErrClosed)
	}
	if _, err := f.buffer.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write to %s: %w", f.file.Name(), err)
	}
	return nil
}

// Close writes what is left and closes the file; only then it is whole. Closing it again does nothing.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	if err := errors.Join(f.buffer.Flush(), f.zip.Close(), f.file.Close()); err != nil {
		return fmt.Errorf("finish %s: %w", f.file.Name(), err)
	}
	return nil
}
