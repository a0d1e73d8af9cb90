package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/evaluation"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/grow"
	"github.com/spanwarden/spanwarden/internal/modelfile"
)

// train are the options of the command.
type train struct {
	rows     labelledRows
	features []string
	kind     string
	settings grow.Settings
	balanced bool
	folds    int
	out      string
	origin   string

	stdin          io.Reader
	stdout, stderr io.Writer
}

func newTrainCommand() *cobra.Command {
	t := &train{}
	cmd := &cobra.Command{
		Use:   "train --data FILE.csv --label COLUMN --features A,B,C --out model.json",
		Short: "Train a random forest, bagged trees or an isolation forest on labelled rows",
		Long: `Train reads rows of numbers from CSV files with a header line, grows a forest and
writes it as JSON. An empty field, NaN or NA is a missing value. The same rows,
settings and seed give the same model, however many workers there are.

With --cv 5 it says first how good such a forest is at rows that it has not seen:
it trains five times on four fifths of the rows and judges by the others; a figure
is - where a fold has none, as the precision of a class that was never predicted.
--out may be left out then.

An isolation forest needs no --label: it learns what is usual, not what is an
attack.`,
		Example: `  spanwarden train --data behaviour.csv.gz --label kind --classes attack=bot,attack \
    --features inter_api_access,api_access_unique,total_calls --cv 5 --out model.json
  spanwarden train --data windows.csv --features total_calls,num_failed --kind isolation_forest --out model.json`,
		Args: t.rows.args,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t.stdin, t.stdout, t.stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			return t.run(cmd.Context())
		},
	}
	t.rows.addFlags(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&t.features, "features", nil, "`COLUMNS` to learn from, in the order of the model (required)")
	flags.StringVar(&t.kind, "kind", string(forest.RandomForest), "random_forest, bagging or isolation_forest")
	flags.IntVar(&t.settings.Trees, "trees", 100, "trees of the forest")
	flags.Uint64Var(&t.settings.Seed, "seed", 1, "of the random numbers")
	flags.IntVar(&t.settings.MaxDepth, "max-depth", 0, "splits on a path at most (default as many as it takes)")
	flags.IntVar(&t.settings.MinLeaf, "min-leaf", 0, "rows of a leaf at least (default 1)")
	flags.IntVar(&t.settings.MaxFeatures, "max-features", 0,
		"features that a split looks at (default the root of their number; of bagging all)")
	flags.IntVar(&t.settings.SampleSize, "sample-size", 0, "rows of a tree of an isolation forest (default 256)")
	flags.Float64Var(&t.settings.Margin, "margin", 0,
		"how far an isolation forest splits beyond the values it has seen, as a part of their range, 0 to 10 (default 0)")
	flags.BoolVar(&t.balanced, "balanced", false, "let all classes weigh the same, however many rows they have")
	flags.IntVar(&t.folds, "cv", 0, "folds of a stratified cross-validation")
	flags.IntVar(&t.settings.Workers, "workers", 0, "trees grown at a time (default one for each processor)")
	flags.StringVar(&t.origin, "origin", "", "`TEXT`, what the model says it was trained on (default the names of the files)")
	flags.StringVar(&t.out, "out", "", "`FILE` of the model, - for standard output (required without --cv)")
	return cmd
}

func (t *train) run(ctx context.Context) error {
	options, err := t.options()
	if err != nil {
		return err
	}
	table, err := dataset.Open(ctx, t.stdin, options, t.rows.data...)
	switch {
	case err != nil && len(t.features) == 0:
		return fmt.Errorf("--features is missing: %w", err)
	case err != nil:
		return err
	case table.Rows() == 0:
		return fmt.Errorf("%s: there are no rows below the header line", t.rows.names())
	}
	fmt.Fprintln(t.stderr, describe(table))
	for _, value := range table.Absent {
		fmt.Fprintf(t.stderr, "note: --classes names %q, a value of %s that no row has: is it spelled so?\n",
			value, dataset.ShownName(strings.TrimSpace(t.rows.label)))
	}
	bar := newWorkBar(t.stderr, time.Now, "trees", t.forests()*t.settings.Trees)
	defer bar.end()
	t.settings.Progress = bar.progress
	if t.folds > 0 {
		if err := t.crossValidate(ctx, table, bar); err != nil {
			return err
		}
	}
	if t.out == "" {
		return nil
	}
	start := time.Now()
	f, err := t.grow(ctx, table)
	bar.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(t.stderr, "%d trees with %d nodes, grown in %v\n", len(f.Trees), nodes(f), time.Since(start).Round(time.Millisecond))
	f.Origin = cmp.Or(t.origin, t.describeOrigin(table))
	return t.write(f)
}

// forests is how many will be grown.
func (t *train) forests() int {
	if t.out == "" {
		return t.folds
	}
	return t.folds + 1
}

// options checks the flags before anything is read.
func (t *train) options() (dataset.Options, error) {
	options, err := t.rows.options(t.features)
	errs := []error{err}
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(t.origin) > modelfile.MaxOrigin {
		refuse("--origin has %d bytes: use at most %d", len(t.origin), modelfile.MaxOrigin)
	}
	t.settings.Kind = forest.Kind(t.kind)
	switch t.settings.Kind {
	case forest.IsolationForest:
		t.checkIsolation(refuse)
	case forest.RandomForest, forest.Bagging:
		t.checkClassification(refuse)
	default:
		refuse("--kind is %q: use random_forest, bagging or isolation_forest", t.kind)
	}
	s := &t.settings
	if s.Trees < 1 || s.Trees > forest.MaxTrees {
		refuse("--trees is %d: use a value from 1 to %d", s.Trees, forest.MaxTrees)
	}
	if s.MaxDepth < 0 || s.MaxDepth > forest.MaxDepth {
		refuse("--max-depth is %d: use a value from 1 to %d, or 0 for as many as it takes", s.MaxDepth, forest.MaxDepth)
	}
	if s.Workers < 0 {
		refuse("--workers is %d: use a value of at least 1", s.Workers)
	}
	if t.folds < 0 || t.folds == 1 {
		refuse("--cv is %d: use at least 2 folds, 5 or 10 are usual", t.folds)
	}
	switch {
	case t.out == "" && t.folds == 0:
		refuse("--out is missing: name the model to write, or - for standard output")
	case t.out == "-" && t.folds > 0:
		refuse("--cv and --out - both write to standard output: write the model to a file")
	}
	errs = append(errs, t.checkOut())
	return options, errors.Join(errs...)
}

// maxMargin is ten ranges on either side: whatever lies further out is as isolated.
const maxMargin = 10

func (t *train) checkIsolation(refuse func(string, ...any)) {
	s := &t.settings
	for _, flag := range []struct {
		name string
		set  bool
	}{{"--min-leaf", s.MinLeaf != 0}, {"--max-features", s.MaxFeatures != 0}, {"--balanced", t.balanced}} {
		if flag.set {
			refuse("%s means nothing to an isolation forest: leave it out", flag.name)
		}
	}
	if t.folds != 0 {
		refuse("--cv means nothing to an isolation forest, which learns no classes: judge it with spanwarden evaluate")
	}
	if s.SampleSize < 0 || s.SampleSize == 1 {
		refuse("--sample-size is %d: use a value of at least 2", s.SampleSize)
	}
	if s.Margin < 0 || s.Margin > maxMargin || math.IsNaN(s.Margin) {
		refuse("--margin is %g: use a value from 0 to %d", s.Margin, maxMargin)
	}
}

func (t *train) checkClassification(refuse func(string, ...any)) {
	s := &t.settings
	if t.rows.label == "" {
		refuse("--label is missing: name the column of the classes, or train --kind isolation_forest, which needs none")
	}
	if s.SampleSize != 0 {
		refuse("--sample-size is for isolation forests alone: leave it out")
	}
	if s.Margin != 0 {
		refuse("--margin is for isolation forests alone: leave it out")
	}
	if s.MinLeaf < 0 {
		refuse("--min-leaf is %d: use a value of at least 1", s.MinLeaf)
	}
	if s.MaxFeatures < 0 || len(t.features) > 0 && s.MaxFeatures > len(t.features) {
		refuse("--max-features is %d: use a value from 1 to %d, the number of features", s.MaxFeatures, max(1, len(t.features)))
	}
}

// grow trains a forest on these rows.
func (t *train) grow(ctx context.Context, table *dataset.Table) (*forest.Forest, error) {
	settings := t.settings
	if t.balanced {
		settings.ClassWeights = grow.Balanced(table)
	}
	f, err := grow.Grow(ctx, table, settings)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("stopped before all trees were grown: %w", ctx.Err())
	}
	return f, err
}

// crossValidate prints the mean of each figure over the folds.
func (t *train) crossValidate(ctx context.Context, table *dataset.Table, bar *workBar) error {
	folds, err := evaluation.CrossValidate(ctx, table, t.folds, t.settings.Seed, t.grow)
	bar.end()
	if err != nil {
		return err
	}
	lines := [][]string{{"", "mean", "", "sd"}}
	add := func(name string, figure func(evaluation.Figures) float64) {
		mean, sd := evaluation.MeanOf(folds, figure)
		lines = append(lines, []string{name, shownFigure(mean), "±", shownFigure(sd)})
	}
	add("accuracy", func(f evaluation.Figures) float64 { return f.Accuracy() })
	add("macro F1", func(f evaluation.Figures) float64 { return f.MacroF1() })
	add("AUC", func(f evaluation.Figures) float64 { return f.AUC })
	for i, class := range table.Classes {
		name := dataset.ShownName(class)
		add("precision "+name, func(f evaluation.Figures) float64 { return f.Class(i).Precision })
		add("recall "+name, func(f evaluation.Figures) float64 { return f.Class(i).Recall })
		add("F1 "+name, func(f evaluation.Figures) float64 { return f.Class(i).F1 })
	}
	_, err = fmt.Fprintf(t.stdout, "stratified cross-validation, %d folds\n%s", t.folds, aligned(lines))
	return err
}

func nodes(f *forest.Forest) (n int) {
	for i := range f.Trees {
		n += len(f.Trees[i].Nodes)
	}
	return n
}

func (t *train) describeOrigin(table *dataset.Table) string {
	origin := fmt.Sprintf("%d rows of %s", table.Rows(), t.rows.names())
	if t.rows.label != "" && t.settings.Kind != forest.IsolationForest {
		origin += ", classes by " + strings.TrimSpace(t.rows.label)
	}
	return anomaly.Clean(origin, modelfile.MaxOrigin)
}

func (t *train) write(f *forest.Forest) error {
	if t.out == "-" {
		return modelfile.Write(t.stdout, f)
	}
	if err := modelfile.Save(t.out, f); err != nil {
		return err
	}
	info, err := os.Stat(t.out)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.stderr, "%s has %s\n", t.out, shownSize(info.Size()))
	return nil
}

// checkOut refuses a place where no file can be, and the files of the rows, before
// anybody waits for a forest.
func (t *train) checkOut() error {
	if t.out == "" || t.out == "-" {
		return nil
	}
	out, err := os.Stat(t.out)
	if err == nil && !out.Mode().IsRegular() {
		return fmt.Errorf("--out: %s is no file that can be replaced", t.out)
	}
	for _, path := range t.rows.data {
		if rows, statErr := os.Stat(path); err == nil && statErr == nil && os.SameFile(out, rows) {
			return fmt.Errorf("--out: %s is --data %s as well, and the model would replace the rows: name another file", t.out, path)
		}
	}
	if _, err := os.Stat(filepath.Dir(t.out)); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return nil
}
