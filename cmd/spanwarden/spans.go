package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/recording"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// spanFiles are the recordings that a command reads, and how.
type spanFiles struct {
	names          []string // of files, - for standard input
	clientKey      []string
	trustedProxies []string
	bodies         apicall.BodyNames
	maxBody        int
	quiet          bool

	room   replay.Settings // what is kept of the spans
	stdin  io.Reader
	stderr io.Writer
}

// maxBodyBytes is the longest body that can be asked for.
const maxBodyBytes = 64 << 20

// addFlags adds the flags of reading; hidden is what --quiet leaves out.
func (s *spanFiles) addFlags(cmd *cobra.Command, hidden string) {
	flags := cmd.Flags()
	flags.StringSliceVar(&s.clientKey, "client-key", nil, "span `ATTRIBUTES` that tell clients apart, the first one present counts (default client.address)")
	flags.StringSliceVar(&s.trustedProxies, "trusted-proxies", nil,
		"`CIDRS` of proxies whose X-Forwarded-For is believed, as the processor's trusted_proxies (default all are)")
	flags.StringArrayVar(&s.bodies.Request, "request-body-attribute", nil,
		"`ATTRIBUTE` that holds bodies of requests; may be given more than once (default http.request.body.content, http.request.body)")
	flags.StringArrayVar(&s.bodies.Response, "response-body-attribute", nil,
		"`ATTRIBUTE` that holds bodies of responses; may be given more than once (default http.response.body.content, http.response.body)")
	flags.IntVar(&s.maxBody, "max-body-bytes", s.room.MaxBodyBytes, "longest body that is read; the fields of a longer one are unknown")
	flags.BoolVar(&s.quiet, "quiet", false, hidden)
}

// settings of reading, or all that is wrong with the flags.
func (s *spanFiles) settings() (replay.Settings, error) {
	r := s.room
	r.Bodies, r.MaxBodyBytes = s.bodies, s.maxBody
	var errs []error
	refuse := func(flag string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", flag, err))
		}
	}
	r.Calls.ClientKey = s.clientKey
	_, err := apicall.NewReader(r.Calls)
	refuse("--client-key", err)
	_, err = apicall.NewDetailer(r.Bodies)
	refuse("--request-body-attribute, --response-body-attribute", err)
	if r.Calls.TrustedProxies, err = apicall.Prefixes("--trusted-proxies", s.trustedProxies); err != nil {
		errs = append(errs, err)
	}
	if s.maxBody < 1 || s.maxBody > maxBodyBytes {
		errs = append(errs, fmt.Errorf("--max-body-bytes is %d: use a value from 1 to %d", s.maxBody, maxBodyBytes))
	}
	return r, errors.Join(errs...)
}

// check refuses what cannot be read, before the first file is. The purpose is what the spans are read to do.
func (s *spanFiles) check(purpose string) error {
	if len(s.names) == 0 {
		return fmt.Errorf("nothing to %s: name files of spans (OTLP JSON lines), or - for standard input", purpose)
	}
	var errs []error
	piped := false
	for _, name := range s.names {
		switch {
		case name == "-" && piped:
			errs = append(errs, errors.New("- is there twice: standard input can be read once"))
		case name == "-":
			piped = true
		default:
			info, err := os.Stat(name)
			if err == nil && info.IsDir() {
				err = fmt.Errorf("%s is a directory: name the files in it", name)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// checkOut refuses a place where no file can be, and the files that are read: the spans and these others. What is
// written there is for the error.
func (s *spanFiles) checkOut(flag, path, what string, others ...string) error {
	if path == "" || path == "-" {
		return nil
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	out, err := os.Stat(path)
	if err != nil {
		return nil //nolint:nilerr // there is no such file yet
	}
	if out.IsDir() {
		return fmt.Errorf("%s: %s is a directory: name a file", flag, path)
	}
	for _, name := range slices.Concat(s.names, others) {
		if in, err := os.Stat(name); err == nil && os.SameFile(out, in) {
			return fmt.Errorf("%s: %s is read as %s as well, and the %s would replace it: name another file", flag, path, name, what)
		}
	}
	return nil
}

// read hands over the spans of all recordings, batch by batch.
func (s *spanFiles) read(ctx context.Context, take func(ptrace.Traces)) error {
	each := func(td ptrace.Traces) error {
		take(td)
		return ctx.Err()
	}
	for _, name := range s.names {
		read := s.readFile
		if name == "-" {
			read = s.readStdin
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

func (s *spanFiles) readFile(_ context.Context, name string, each func(ptrace.Traces) error) error {
	file, err := recording.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if !s.quiet {
		stop := showProgress(s.stderr, file)
		defer stop()
	}
	return file.Traces(each)
}

// readStdin copies, so that a context ends the wait for somebody who types nothing.
func (s *spanFiles) readStdin(ctx context.Context, _ string, each func(ptrace.Traces) error) error {
	out, in := io.Pipe()
	go func() {
		_, err := io.Copy(in, s.stdin)
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

// notes say what of the spans was left out, and what to do about it: what was not done with calls that there was no room
// for, as in "judged", and the mend.
func (s *spanFiles) notes(n *replay.Counts, undone, mend string) (notes []string) {
	note := func(format string, args ...any) { notes = append(notes, "note: "+fmt.Sprintf(format, args...)) }
	if n.Calls == 0 {
		note("there is no API call among the spans: is %s a recording of HTTP server spans?", joined(s.names))
	}
	if n.Nameless > 0 {
		note("%d spans without a trace id or a span id were passed over", n.Nameless)
	}
	if n.Evicted > 0 {
		note("%d calls were not %s, for more than %s of spans do not fit: %s", n.Evicted, undone, shownSize(s.room.MaxBytes), mend)
	}
	if n.Refused > 0 {
		note("%d spans were left out of traces of more than %d spans or more than their share of %s, so that fewer rules apply there",
			n.Refused, s.room.MaxSpansPerTrace, shownSize(s.room.MaxBytes))
	}
	return notes
}
