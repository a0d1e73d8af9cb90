package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/spanwarden/spanwarden/internal/apicall"
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
	trustedProxies    []string
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
empty field. Calls are put in the order of their time first.

A model judges by the features that it learned from. So give the processor's
window as --window, its low_rate.period as --period, and its client_key and
trusted_proxies. What it leaves out has rows here all the same: name its
entry_services with --only-services, and drop the rows of its internal_clients
before training. The calls that its ignore passes over count here: leave them
out of the recording.`,
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
	flags.DurationVar(&f.window, "window", time.Minute, "length of a window, 1s to 1h; that of the processor")
	flags.DurationVar(&f.period, "period", 30*time.Minute, "how far back the features of a client's past look; low_rate.period of the processor")
	flags.StringVar(&f.service, "service", "unknown_service", "service that the access logs are of")
	flags.StringSliceVar(&f.clientKey, "client-key", nil, "span attributes that tell clients apart, the first one present counts (default client.address)")
	flags.StringSliceVar(&f.trustedProxies, "trusted-proxies", nil,
		"`CIDRS` of proxies whose X-Forwarded-For is believed, as the processor's trusted_proxies (default all are)")
	flags.StringVar(&f.by, "by", "client", "a row per client, or per service with its database figures: client or service")
	flags.StringSliceVar(&f.services, "only-services", nil, "services whose rows are written, such as the processor's entry_services (default all)")
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
	rows, err := newRows(f)
	if err != nil {
		return err
	}
	out := stdout
	if f.out != "-" { // what it has is lost from here on
		file, err := os.Create(f.out)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}

	tracker := traffic.New(settings, 1)
	writing := make(chan error, 1)
	go func() { writing <- rows.write(out, tracker.Closed()) }()

	line := &timeline{tracker: tracker, labels: rows.labels}
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
	for _, name := range slices.Concat(f.accessLogs, f.spans) {
		if _, err := os.Stat(name); err != nil {
			errs = append(errs, err)
		}
	}
	trusted, err := apicall.Prefixes("--trusted-proxies", f.trustedProxies)
	if err != nil {
		errs = append(errs, err)
	}
	if f.reader, err = apicall.NewReader(apicall.Settings{ClientKey: f.clientKey, TrustedProxies: trusted}); err != nil {
		errs = append(errs, fmt.Errorf("--client-key: %w", err))
	}
	return s, errors.Join(errs...)
}

func (f *features) summarise(line *timeline, rows *rows) {
	fmt.Fprintf(f.stderr, "%d calls and %d database statements in %d rows\n", line.calls, line.statements, rows.count)
	if f.malformed > 0 {
		fmt.Fprintf(f.stderr, "%d lines are no access-log lines and were passed over\n", f.malformed)
	}
	if line.late > 0 {
		fmt.Fprintf(f.stderr, "%d calls came so far out of order that they are missing: sort the input by time\n", line.late)
	}
	if rows.labels == nil {
		return
	}
	if m := rows.labels.misses(); m.windows > 0 {
		fmt.Fprintf(f.stderr, "%d of the %d windows of clients that the truth labels have no row (%d of %d calls). "+
			"A few are usual, of calls sent at a window's end. If it is more, tell clients apart by address, as the truth does "+
			"(--client-key, --trusted-proxies), and see that it is the truth of all that is read\n", m.windows, m.ofWindows, m.calls, m.ofCalls)
	}
}
