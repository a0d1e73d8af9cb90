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

	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/document"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// checking are the options of the command.
type checking struct {
	rules      []string
	references string
	out        string
	evidence   string
	spans      spanFiles

	stdout, stderr io.Writer
}

// errViolated ends the command with a status of its own. All there is to say of it
// is said already.
var errViolated = errors.New("there are violations")

func newCheckCommand() *cobra.Command {
	c := &checking{spans: spanFiles{room: replay.DefaultSettings()}}
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
be read), unobserved (there may be more statements, child calls or earlier calls
than were seen), mismatch (a number against a text), cost (it took too long), other.
A rule that never applied says nothing about the calls: see whether it is spelled as
the telemetry has it.

Rules with row, shown and earlier look at what earlier calls showed: among those that
are read, and in the store of --references, as spanwarden mine writes it. Without it
the first calls know of nothing, and such rules mostly do not apply to them.

Give the processor's client_key, trusted_proxies and attributes of bodies to have
its verdicts.

The status is 0 if no rule is violated, 1 if one is, and 2 if something went wrong.`,
		Example: `  spanwarden check --invariants invariants.yaml spans.jsonl.gz
  spanwarden check --invariants rules.yaml --invariants learned.yaml --out violations.jsonl monday.jsonl tuesday.jsonl
  spanwarden check --invariants learned.yaml --references learned.references today.jsonl
  zstdcat spans.jsonl.zst | spanwarden check --invariants invariants.yaml --quiet --out - - | jq .invariant`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			c.stdout, c.stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			c.spans.names, c.spans.stdin, c.spans.stderr = args, cmd.InOrStdin(), c.stderr
			return c.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&c.rules, "invariants", nil, "`FILE` of rules; may be given more than once (required)")
	flags.StringVar(&c.references, "references", "", "`FILE` of what calls showed before, for rules that look at earlier calls (default: nothing is known)")
	flags.StringVar(&c.out, "out", "", "`FILE` of violations, JSON lines, - for standard output (default: the first ones are shown)")
	flags.StringVar(&c.evidence, "evidence", "values", "what is told of the values that a rule read: values, hash or none")
	c.spans.addFlags(cmd, "show neither progress nor the table")
	return cmd
}

func (c *checking) run(ctx context.Context) error {
	checker, err := c.checker()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := c.spans.read(ctx, checker.Read); err != nil {
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
	errs := []error{err, c.spans.check("judge"), c.spans.checkOut("--out", c.out, "violations", c.named()...)}
	book, err := c.book()
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	if settings.References, err = c.store(book); err != nil {
		return nil, err
	}
	return check.New(book, settings)
}

// named are the files besides those of spans.
func (c *checking) named() []string {
	if c.references == "" {
		return c.rules
	}
	return append(slices.Clip(c.rules), c.references)
}

// store loads what calls showed before, nil if nobody asks for it.
func (c *checking) store(book *invariant.Book) (*reference.Store, error) {
	if c.references == "" {
		return nil, nil
	}
	if !book.Stateful() {
		fmt.Fprintf(c.stderr, "note: no rule in %s looks at earlier calls, so that --references changes nothing\n", joined(c.rules))
	}
	file, err := os.Open(c.references)
	if err != nil {
		return nil, fmt.Errorf("--references: %w", err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("--references: %s is a directory: name the file that spanwarden mine has written", c.references)
	}
	store, err := reference.Load(file, reference.DefaultSettings())
	if err != nil {
		return nil, fmt.Errorf("--references: %s: %w", c.references, err)
	}
	return store, nil
}

func (c *checking) settings() (check.Settings, error) {
	r, err := c.spans.settings()
	s := check.Settings{
		Calls: r.Calls, Bodies: r.Bodies, MaxBodyBytes: r.MaxBodyBytes, MaxBytes: r.MaxBytes, MaxSpansPerTrace: r.MaxSpansPerTrace,
	}
	var evidence error
	if s.Evidence, evidence = invariant.ParseEvidence(c.evidence); evidence != nil {
		err = errors.Join(err, fmt.Errorf("--evidence: %w", evidence))
	}
	return s, err
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
	limits.Bytes = min(max(limits.Bytes, c.spans.maxBody), maxBodyBytes)
	book, err := invariant.Compile(files, invariant.Options{Limits: limits})
	if err == nil && len(book.Rules()) == 0 {
		return nil, fmt.Errorf("--invariants: there is no rule in %s that is not disabled: nothing would be judged", joined(c.rules))
	}
	return book, err
}
