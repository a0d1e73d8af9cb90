package dataset

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Open reads CSV files into one table, each with a header line of its own: the
// columns may stand in another order in each. What begins like gzip is read as
// gzip, whatever its name, and "-" is stdin. Errors are those of [ReadCSV] with
// the file's name; the end of the context ends the reading.
func Open(ctx context.Context, stdin io.Reader, o Options, paths ...string) (*Table, error) {
	if len(paths) == 0 {
		return nil, errors.New("there is no file to read")
	}
	rows, err := newRows(o)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if path == "-" {
			if err := rows.readStdin(ctx, stdin); err != nil {
				return nil, fmt.Errorf("standard input: %w", err)
			}
			continue
		}
		if err := rows.readFile(ctx, path); err != nil {
			return nil, err
		}
	}
	return rows.table(), nil
}

func (r *rows) readFile(ctx context.Context, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := r.unzip(&endable{ctx, file}); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// readStdin copies, so that a context ends the wait for somebody who types nothing.
func (r *rows) readStdin(ctx context.Context, stdin io.Reader) error {
	out, in := io.Pipe()
	go func() {
		_, err := io.Copy(in, stdin)
		in.CloseWithError(err)
	}()
	stop := context.AfterFunc(ctx, func() { out.CloseWithError(ctx.Err()) })
	defer stop()
	defer func() { _ = out.Close() }() // a pipe's never fails
	err := r.unzip(&endable{ctx, out})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (r *rows) unzip(in io.Reader) error {
	buffered := bufio.NewReaderSize(in, 1<<16)
	magic, _ := buffered.Peek(2) // an error comes again when read
	if len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		return r.read(buffered)
	}
	unzipped, err := gzip.NewReader(buffered)
	if err != nil {
		return err
	}
	err = r.read(unzipped)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends in the middle of its gzip stream: copy it again")
	}
	return err
}

// endable is a reader that ends with a context.
type endable struct {
	ctx context.Context
	in  io.Reader
}

func (e *endable) Read(p []byte) (int, error) {
	if err := e.ctx.Err(); err != nil {
		return 0, err
	}
	return e.in.Read(p)
}
