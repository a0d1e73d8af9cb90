package recording

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// maxLine is the longest line that is read.
const maxLine = 64 << 20

// Lines calls each for every line of the file, without its end. The line is
// valid until each returns. Errors name the file and the line.
func (f *File) Lines(each func(line []byte) error) error {
	scanner := bufio.NewScanner(f)
	scanner.Buffer(make([]byte, 0, 1<<16), maxLine)
	number := 0
	for scanner.Scan() {
		number++
		if scanner.Err() != nil { // what is left is half a line
			number--
			break
		}
		if err := each(scanner.Bytes()); err != nil {
			return fmt.Errorf("%s:%d: %w", f.Name, number, err)
		}
	}
	switch err := scanner.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("%s:%d: the line is longer than %d MiB", f.Name, number+1, maxLine>>20)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: the file ends in the middle of its gzip stream after line %d", f.Name, number)
	case err != nil:
		return fmt.Errorf("%s:%d: %w", f.Name, number+1, err)
	}
	return nil
}

// Traces calls each for every line of the file, which is an
// ExportTraceServiceRequest in OTLP JSON. Empty lines are passed over.
func (f *File) Traces(each func(td ptrace.Traces) error) error {
	var unmarshaler ptrace.JSONUnmarshaler
	return f.Lines(func(line []byte) error {
		if len(line) == 0 {
			return nil
		}
		td, err := unmarshaler.UnmarshalTraces(line)
		if err != nil {
			return fmt.Errorf("no OTLP JSON line of spans: %w", err)
		}
		return each(td)
	})
}
