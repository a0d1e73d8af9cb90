package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/recording"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

// features are the options of the command.
type features struct {
	accessLogs, spans []string
	window, period    time.Duration
	services          []string
	truth             string
	service           string
	clientKey         []string
	by                string
	out               string

	reader    *apicall.Reader
	malformed int
	stderr    io.Writer
}

// maxClients told apart: offline there is memory for more than online.
const maxClients = 2_000_000

func newFeaturesCommand() *cobra.Command {
	f := &features{}
	cmd := &cobra.Command{
		Use:   "features [--access-log FILE]... [--spans FILE]... --out windows.csv",
		Short: "Write the traffic features of recorded spans and access logs, a row per window, service and client",
		Long: `Features reads access logs (common or combined format) and spans (OTLP JSON
lines), gzipped or not, and writes one row per window, service and client with
the features that the api_traffic processor computes. An absent value is an
empty field. Calls are put in the order of their time first.`,
		Example: "  spanwarden features --access-log access.log.gz --window 60s --out windows.csv",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.stderr = cmd.ErrOrStderr()
			return f.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.accessLogs, "access-log", nil, "access log to read; may be given more than once")
	flags.StringArrayVar(&f.spans, "spans", nil, "OTLP JSON lines of spans to read; may be given more than once")
	flags.DurationVar(&f.window, "window", time.Minute, "length of a window, 1s to 1h")
	flags.DurationVar(&f.period, "period", 30*time.Minute, "how far back the features of a client's past look, as low_rate.period does")
	flags.StringVar(&f.service, "service", "unknown_service", "service that the access logs are of")
	flags.StringSliceVar(&f.clientKey, "client-key", nil, "span attributes that tell clients apart, the first one present counts (default client.address)")
	flags.StringVar(&f.by, "by", "client", "a row per client, or per service with its database figures: client or service")
	flags.StringSliceVar(&f.services, "only-services", nil, "services whose rows are written (default all)")
	flags.StringVar(&f.truth, "truth", "",
		"what was true of the recording, JSON lines as `bank record` writes them: adds the columns label (normal, attack, tampering) and attack")
	flags.StringVar(&f.out, "out", "", "CSV file to write, - for standard output (required)")
	return cmd
}

func (f *features) run(ctx context.Context, stdout io.Writer) (err error) {
	settings, err := f.settings()
	if err != nil {
		return err
	}
	out := stdout
	if f.out != "-" {
		file, err := os.Create(f.out)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}

	tracker := traffic.New(settings, 1)
	rows, err := newRows(out, f)
	if err != nil {
		return err
	}
	writing := make(chan error, 1)
	go func() { writing <- rows.write(tracker.Closed()) }()

	line := &timeline{tracker: tracker}
	err = f.read(ctx, line)
	line.finish()
	line.dropped += tracker.Flush()
	if writeErr := <-writing; writeErr != nil {
		return fmt.Errorf("write %s: %w", f.out, writeErr)
	}
	if err != nil {
		return err
	}
	if line.dropped > 0 {
		return fmt.Errorf("%d windows are missing from %s: it could not be written fast enough", line.dropped, f.out)
	}
	f.summarise(line, rows)
	return nil
}

func (f *features) settings() (traffic.Settings, error) {
	s := traffic.DefaultSettings()
	s.Window, s.Lateness, s.Patience = f.window, 0, 0
	// Offline there is memory for more, and nobody floods.
	s.MaxServices, s.MaxClients, s.MaxEndpoints = 10_000, maxClients, 100_000
	s.MaxClientEndpoints, s.MaxTimestamps, s.MaxTimestampsPerClient = 10_000_000, 50_000_000, 1_000_000
	var errs []error
	if err := s.Validate(); err != nil {
		errs = append(errs, err)
	}
	if len(f.accessLogs)+len(f.spans) == 0 {
		errs = append(errs, errors.New("nothing to read: give --access-log FILE or --spans FILE"))
	}
	if f.out == "" {
		errs = append(errs, errors.New("--out is missing: name the CSV file to write, or - for standard output"))
	}
	if f.period < f.window || f.period > trail.MaxWindows*f.window {
		errs = append(errs, fmt.Errorf("--period is %v: use a value from %v to %v", f.period, f.window, trail.MaxWindows*f.window))
	}
	if f.truth != "" && f.by != "client" {
		errs = append(errs, errors.New("--truth labels clients: leave out --by service"))
	}
	if f.by != "client" && f.by != "service" {
		errs = append(errs, fmt.Errorf("--by is %q: use client or service", f.by))
	}
	var err error
	if f.reader, err = apicall.NewReader(apicall.Settings{ClientKey: f.clientKey}); err != nil {
		errs = append(errs, fmt.Errorf("--client-key: %w", err))
	}
	return s, errors.Join(errs...)
}

func (f *features) read(ctx context.Context, line *timeline) error {
	for _, name := range f.accessLogs {
		if err := f.file(name, func(file *recording.File) error { return f.readAccessLog(ctx, file, line) }); err != nil {
			return err
		}
	}
	for _, name := range f.spans {
		if err := f.file(name, func(file *recording.File) error { return f.readSpans(ctx, file, line) }); err != nil {
			return err
		}
	}
	return nil
}

func (f *features) file(name string, read func(*recording.File) error) error {
	file, err := recording.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	stop := showProgress(f.stderr, file)
	defer stop()
	return read(file)
}

func (f *features) readAccessLog(ctx context.Context, file *recording.File, line *timeline) error {
	var (
		scratch apicall.Scratch
		call    apicall.Call
		record  = plog.NewLogRecord() // the body that file_log makes of a line
	)
	return file.Lines(func(text []byte) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		record.Body().SetStr(string(text))
		switch f.reader.LogRecord(record, &scratch, &call) {
		case apicall.APICall:
			line.call(f.service, &call)
		default:
			f.malformed++
		}
		return nil
	})
}

func (f *features) readSpans(ctx context.Context, file *recording.File, line *timeline) error {
	var (
		scratch   apicall.Scratch
		call      apicall.Call
		statement apicall.Statement
	)
	return file.Traces(func(td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			service := apicall.ServiceName(rs.Resource())
			for _, ss := range rs.ScopeSpans().All() {
				if anomaly.Ours(ss.Scope().Name()) {
					continue
				}
				for _, span := range ss.Spans().All() {
					switch f.reader.Span(span, &scratch, &call, &statement) {
					case apicall.APICall:
						line.call(service, &call)
					case apicall.DBStatement:
						line.statement(service, &statement)
					}
				}
			}
		}
		return ctx.Err()
	})
}

func (f *features) summarise(line *timeline, rows *rows) {
	fmt.Fprintf(f.stderr, "%d calls and %d database statements in %d rows\n", line.calls, line.statements, rows.count)
	if f.malformed > 0 {
		fmt.Fprintf(f.stderr, "%d lines are no access-log lines and were passed over\n", f.malformed)
	}
	if line.late > 0 {
		fmt.Fprintf(f.stderr, "%d calls came so far out of order that they are missing: sort the input by time\n", line.late)
	}
}
