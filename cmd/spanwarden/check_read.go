package main

import (
	"context"
	"fmt"
	"io"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/recording"
)

// read hands the spans of all recordings to the checker.
func (c *checking) read(ctx context.Context, checker *check.Checker) error {
	each := func(td ptrace.Traces) error {
		checker.Read(td)
		return ctx.Err()
	}
	for _, name := range c.spans {
		read := c.readFile
		if name == "-" {
			read = c.readStdin
		}
		if err := read(ctx, name, each); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("stopped before all spans were read: %w", ctx.Err())
			}
			return err
		}
	}
	return nil
}

func (c *checking) readFile(_ context.Context, name string, each func(ptrace.Traces) error) error {
	file, err := recording.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if !c.quiet {
		stop := showProgress(c.stderr, file)
		defer stop()
	}
	return file.Traces(each)
}

// readStdin copies, so that a context ends the wait for somebody who types nothing.
func (c *checking) readStdin(ctx context.Context, _ string, each func(ptrace.Traces) error) error {
	out, in := io.Pipe()
	go func() {
		_, err := io.Copy(in, c.stdin)
		in.CloseWithError(err)
	}()
	stop := context.AfterFunc(ctx, func() { out.CloseWithError(ctx.Err()) })
	defer stop()
	defer func() { _ = out.Close() }() // a pipe's never fails
	file, err := recording.New("standard input", out)
	if err != nil {
		return err
	}
	return file.Traces(each)
}
