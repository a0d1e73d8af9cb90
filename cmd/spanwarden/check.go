package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/document"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// checking are the options of the command.
type checking struct {
	rules          []string
	out            string
	evidence       string
	clientKey      []string
	trustedProxies []string
	bodies         apicall.BodyNames
	maxBody        int
	quiet          bool

	spans          []string
	room           check.Settings // what is kept of the spans
	stdin          io.Reader
	stdout, stderr io.Writer
}

// errViolated ends the command with a status of its own. All there is to say of it
// is said already.
var errViolated = errors.New("there are violations")

// maxBodyBytes is the longest body that can be asked for.
const maxBodyBytes = 64 << 20

func newCheckCommand() *cobra.Command {
	c := &checking{room: check.DefaultSettings()}
	cmd := &cobra.Command{
		Use:   "check --invariants FILE [--out violations.jsonl] SPANS...",
		Short: "Judge recorded calls by invariants, as the api_invariant processor does",
		Long: `Check reads spans (OTLP JSON lines), gzipped or not, and says which calls break
which invariants. SPANS are files, or - for standard input. The spans of all of
them make one set of traces: they may stand in any order, and what is there twice
counts once. All spans are kept until the last one is read, as far as the rules
need them and 8 GiB have room for them, and the calls are judged in the order of
their start.

With --out there is one object a line for each violation, ordered by the call's
start, its trace id, its span id, and the order of the rules:
  {"trace_id": "…", "span_id": "…", "invariant": "order-read-by-its-owner", "kind": "database",
   "api": "GET /orders/{id}", "explanation": "…", "values": {"env.user.id": "7", …},
   "service": "orders", "time": "2026-03-01T11:00:10.5Z", "client": "203.0.113.9", "expression": "…"}
values is what the rule read, expression the part of its check that is false.
--evidence hash and none keep values out of there, and out of explanation; values
that look like secrets are always hashed.

The table tells of each rule on how many calls it applied, as held or violated, and
on how many it did not, with the most frequent reason: when (its precondition is
false), missing (the call lacks a field), unknown (a value was recorded but cannot
be read), unobserved (there may be more statements or child calls), mismatch (a
number against a text), cost (it took too long), other. A rule that never applied
says nothing about the calls: see whether it is spelled as the telemetry has it.

Give the processor's client_key, trusted_proxies and attributes of bodies to have
its verdicts.

The status is 0 if no rule is violated, 1 if one is, and 2 if something went wrong.`,
		Example: `  spanwarden check --invariants invariants.yaml spans.jsonl.gz
  spanwarden check --invariants rules.yaml --invariants learned.yaml --out violations.jsonl monday.jsonl tuesday.jsonl
  zstdcat spans.jsonl.zst | spanwarden check --invariants invariants.yaml --quiet --out - - | jq .invariant`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			c.spans = args
			c.stdin, c.stdout, c.stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			return c.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&c.rules, "invariants", nil, "`FILE` of rules; may be given more than once (required)")
	flags.StringVar(&c.out, "out", "", "`FILE` of violations, JSON lines, - for standard output (default: the first ones are shown)")
	flags.StringVar(&c.evidence, "evidence", "values", "what is told of the values that a rule read: values, hash or none")
	flags.StringSliceVar(&c.clientKey, "client-key", nil, "span `ATTRIBUTES` that tell clients apart, the first one present counts (default client.address)")
	flags.StringSliceVar(&c.trustedProxies, "trusted-proxies", nil,
		"`CIDRS` of proxies whose X-Forwarded-For is believed, as the processor's trusted_proxies (default all are)")
	flags.StringArrayVar(&c.bodies.Request, "request-body-attribute", nil,
		"`ATTRIBUTE` that holds bodies of requests; may be given more than once (default http.request.body.content, http.request.body)")
	flags.StringArrayVar(&c.bodies.Response, "response-body-attribute", nil,
		"`ATTRIBUTE` that holds bodies of responses; may be given more than once (default http.response.body.content, http.response.body)")
	flags.IntVar(&c.maxBody, "max-body-bytes", c.room.MaxBodyBytes, "longest body that is read; the fields of a longer one are unknown")
	flags.BoolVar(&c.quiet, "quiet", false, "show neither progress nor the table")
	return cmd
}

func (c *checking) run(ctx context.Context) error {
	checker, err := c.checker()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := c.read(ctx, checker); err != nil {
		return err
	}
	found, err := c.judge(ctx, checker)
	if err != nil {
		return err
	}
	if err := c.report(checker, found, time.Since(start)); err != nil {
		return err
	}
	if checker.Counts().Violations > 0 {
		return errViolated
	}
	return nil
}

// checker checks all flags and compiles the rules, before anything is read.
func (c *checking) checker() (*check.Checker, error) {
	settings, err := c.settings()
	errs := []error{err, c.checkSpans(), c.checkOut()}
	book, err := c.book()
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return check.New(book, settings)
}

func (c *checking) settings() (check.Settings, error) {
	s := c.room
	s.Bodies, s.MaxBodyBytes = c.bodies, c.maxBody
	var errs []error
	refuse := func(flag string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", flag, err))
		}
	}
	var err error
	s.Evidence, err = invariant.ParseEvidence(c.evidence)
	refuse("--evidence", err)
	s.Calls.ClientKey = c.clientKey
	_, err = apicall.NewReader(s.Calls)
	refuse("--client-key", err)
	_, err = apicall.NewDetailer(s.Bodies)
	refuse("--request-body-attribute, --response-body-attribute", err)
	if s.Calls.TrustedProxies, err = apicall.Prefixes("--trusted-proxies", c.trustedProxies); err != nil {
		errs = append(errs, err)
	}
	if c.maxBody < 1 || c.maxBody > maxBodyBytes {
		errs = append(errs, fmt.Errorf("--max-body-bytes is %d: use a value from 1 to %d", c.maxBody, maxBodyBytes))
	}
	return s, errors.Join(errs...)
}

// book compiles the rules of all files.
func (c *checking) book() (*invariant.Book, error) {
	if len(c.rules) == 0 {
		return nil, errors.New("--invariants is missing: name the file of rules to judge by")
	}
	var (
		files []*rulefile.File
		errs  []error
	)
	for _, path := range c.rules {
		file, err := rulefile.Load(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		files = append(files, file)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	limits := document.DefaultLimits
	limits.Bytes = min(max(limits.Bytes, c.maxBody), maxBodyBytes)
	book, err := invariant.Compile(files, invariant.Options{Limits: limits})
	if err == nil && len(book.Rules()) == 0 {
		return nil, fmt.Errorf("--invariants: there is no rule in %s that is not disabled: nothing would be judged", joined(c.rules))
	}
	return book, err
}

// checkSpans refuses what cannot be read, before the first file is.
func (c *checking) checkSpans() error {
	if len(c.spans) == 0 {
		return errors.New("nothing to judge: name files of spans (OTLP JSON lines), or - for standard input")
	}
	var errs []error
	piped := false
	for _, name := range c.spans {
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

// checkOut refuses a place where no file can be, and the files that are read.
func (c *checking) checkOut() error {
	if c.out == "" || c.out == "-" {
		return nil
	}
	if _, err := os.Stat(filepath.Dir(c.out)); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	out, err := os.Stat(c.out)
	if err != nil {
		return nil //nolint:nilerr // there is no such file yet
	}
	if out.IsDir() {
		return fmt.Errorf("--out: %s is a directory: name a file", c.out)
	}
	for _, name := range slices.Concat(c.spans, c.rules) {
		if in, err := os.Stat(name); err == nil && os.SameFile(out, in) {
			return fmt.Errorf("--out: %s is read as %s as well, and the violations would replace it: name another file", c.out, name)
		}
	}
	return nil
}
