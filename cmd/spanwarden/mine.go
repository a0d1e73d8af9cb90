package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/minereport"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/rulefile"
	"github.com/spanwarden/spanwarden/internal/wholefile"
)

// mining are the options of the command.
type mining struct {
	spans     spanFiles
	openapi   []string
	ddl       []string
	skip      []string
	holdOut   float64
	tolerance float64
	noNovelty bool
	model     modelFlags

	out        string
	report     string
	references string
	exceptions string

	skipped    skipped
	given      []minereport.Given
	givenRules []rulefile.Rule

	stdout, stderr io.Writer
}

func newMineCommand() *cobra.Command {
	m := &mining{spans: spanFiles{room: replay.DefaultSettings()}}
	usual := baseline.DefaultSettings()
	cmd := &cobra.Command{
		Use:   "mine --out invariants.yaml [--report report.md] SPANS...",
		Short: "Learn invariants from recorded calls, for check and the api_invariant processor",
		Long: `Mine reads spans (OTLP JSON lines), gzipped or not, learns what their calls have in
common, and writes it as a file of rules that people can read and edit, and that
spanwarden check and the api_invariant processor judge calls by. SPANS are files,
or - for standard input. The spans of all of them make one set of traces: they may
stand in any order, and what is there twice counts once. All spans are kept until
the last one is read, as far as 8 GiB have room for them.

A rule must have held on enough sessions, must not hold by chance, and must not have
had to be widened by the last part of the traffic (--holdout). At last all traces are
judged by the rules of the file, as check does it; a rule that more than a small part
of its calls violate (--tolerance) is not written.

What is learned is what was usual, attacks included: teach with traffic that you
trust. --report tells of each rule what speaks for it, and of near-invariants, which
nearly all calls hold to, which calls differ. If those are attacks, tests or
mistakes, learn again without them: --exceptions writes their trace ids with what was
found in each, one a line; delete the lines of what is normal, and hand the rest to
--skip. The traces that --skip names are not learned from at all.

--openapi and --ddl give rules before any traffic has shown them, about all services
or, as in --openapi orders=openapi.yaml, about one; what the traffic contradicts is
left out. With --llm-url a language model at an
OpenAI-compatible endpoint proposes more rules. It sees the names of APIs, fields and
tables, and with --llm-values also values; what it proposes is proved like all else.

--references writes what the rules know of earlier calls, the rows of the collections
that the file declares: spanwarden check --references begins with it.

The same spans and flags write the same files. The status is 0 also if no rule was
learned, and 2 if something went wrong.`,
		Example: `  spanwarden mine --out invariants.yaml --report report.md monday.jsonl.gz tuesday.jsonl.gz
  spanwarden mine --out invariants.yaml --exceptions exceptions.txt week.jsonl.gz
  spanwarden mine --out invariants.yaml --skip exceptions.txt week.jsonl.gz
  spanwarden mine --openapi openapi.yaml --ddl schema.sql --references references.bin --out invariants.yaml week.jsonl.gz
  spanwarden mine --llm-url http://localhost:11434/v1 --llm-model NAME --out invariants.yaml week.jsonl.gz`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			m.stdout, m.stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			m.spans.names, m.spans.stdin, m.spans.stderr = args, cmd.InOrStdin(), m.stderr
			m.model.keyNamed = cmd.Flags().Changed("llm-key-env")
			return m.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&m.out, "out", "", "`FILE` of rules, - for standard output (required)")
	flags.StringVar(&m.report, "report", "", "`FILE` for people, Markdown: each rule and what speaks for it")
	flags.StringVar(&m.references, "references", "", "`FILE` of what the rules know of earlier calls, for spanwarden check --references")
	flags.StringVar(&m.exceptions, "exceptions", "", "`FILE` of the traces that differ from near-invariants, for --skip")
	flags.StringArrayVar(&m.skip, "skip", nil, "`FILE` of trace ids, one a line with # comments, that are not learned from; may be given more than once")
	flags.StringArrayVar(&m.openapi, "openapi", nil, "OpenAPI `[SERVICE=]FILE`, YAML or JSON; may be given more than once")
	flags.StringArrayVar(&m.ddl, "ddl", nil, "`[SERVICE=]FILE` of CREATE TABLE statements; may be given more than once")
	flags.Float64Var(&m.holdOut, "holdout", usual.HoldOut, "part of the traffic, 0 to 0.9, at the end of which no rule may have to be widened any more")
	flags.Float64Var(&m.tolerance, "tolerance", usual.Tolerance, "share of the calls, 0 to 0.2, that may violate a rule that is written all the same")
	flags.BoolVar(&m.noNovelty, "no-novelty", false, "leave out the rules of kind novelty, about what was never seen")
	m.model.addFlags(cmd)
	m.spans.addFlags(cmd, "show neither progress nor the table")
	return cmd
}

func (m *mining) run(ctx context.Context) error {
	settings, err := m.check()
	if err != nil {
		return err
	}
	start := time.Now()
	recorded, err := replay.New(nil, settings)
	if err != nil {
		return err
	}
	if err := m.spans.read(ctx, recorded.Read); err != nil {
		return err
	}
	learned, err := m.learn(ctx, recorded)
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("stopped before all was learned: %w", ctx.Err())
		}
		return err
	}
	if err := m.write(learned); err != nil {
		return err
	}
	return m.tell(learned, time.Since(start))
}

// check checks all flags, and reads all other files, before any span is read.
func (m *mining) check() (replay.Settings, error) {
	settings, err := m.spans.settings()
	errs := []error{err, m.spans.check("learn from"), m.checkOuts(), m.model.check()}
	if m.out == "" {
		errs = append(errs, errors.New("--out is missing: name the file of rules to write, or - for standard output"))
	}
	if m.holdOut < 0 || m.holdOut > 0.9 || math.IsNaN(m.holdOut) {
		errs = append(errs, fmt.Errorf("--holdout is %g: use a value from 0 to 0.9", m.holdOut))
	}
	if m.tolerance < 0 || m.tolerance > 0.2 || math.IsNaN(m.tolerance) {
		errs = append(errs, fmt.Errorf("--tolerance is %g: use a value from 0 to 0.2", m.tolerance))
	}
	m.skipped, err = readSkipped(m.skip)
	errs = append(errs, err, m.readGiven())
	return settings, errors.Join(errs...)
}

// checkOuts refuses places where no file can be, files that are read, and two files in one place.
func (m *mining) checkOuts() error {
	var errs []error
	inputs := slices.Clone(m.skip)
	for _, named := range slices.Concat(m.openapi, m.ddl) {
		path, _ := ofService(named)
		inputs = append(inputs, path)
	}
	flagOf := make(map[string]string) // by file
	for _, out := range []struct{ flag, path, what string }{
		{"--out", m.out, "rules"},
		{"--report", m.report, "report"},
		{"--references", m.references, "references"},
		{"--exceptions", m.exceptions, "exceptions"},
	} {
		switch {
		case out.path == "", out.path == "-" && out.flag == "--out":
			continue
		case out.path == "-":
			errs = append(errs, fmt.Errorf("%s is -: only --out can be standard output, name a file", out.flag))
			continue
		}
		place := placeOf(out.path)
		if other := flagOf[place]; other != "" {
			errs = append(errs, fmt.Errorf("%s: %s is the file of %s as well: name another one", out.flag, out.path, other))
			continue
		}
		flagOf[place] = out.flag
		err := m.spans.checkOut(out.flag, out.path, out.what, inputs...)
		if err == nil {
			if err = wholefile.Try(out.path); err != nil {
				err = fmt.Errorf("%s: %w", out.flag, err)
			}
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// placeOf is the one name of a file that several paths may lead to.
func placeOf(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		path = full
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	return path
}
