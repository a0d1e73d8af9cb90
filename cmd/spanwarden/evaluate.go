package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/evaluation"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/modelfile"
)

// evaluate are the options of the command.
type evaluate struct {
	rows      labelledRows
	model     string
	features  []string
	threshold float64
	folds     int
	json      bool

	stdin  io.Reader
	stdout io.Writer
}

func newEvaluateCommand() *cobra.Command {
	e := &evaluate{}
	cmd := &cobra.Command{
		Use:   "evaluate --model model.json --data FILE.csv --label COLUMN",
		Short: "Judge a model by labelled rows: precision, recall, F1, AUC and the confusion matrix",
		Long: `Evaluate reads a model, of spanwarden train, XGBoost (JSON) or LightGBM (text), and
rows from CSV files with a header line, and says how well the model tells their
classes apart. Columns are found by the names of the model's features. Judge by rows
that the model was not trained on: those it knows already.

Next to a class's F1 stands the F1 that it would get if it were the answer for
every row: a model that is not better has learnt nothing about the class. AUC is of
the class attack where there are two classes, else the mean of each class against
all others.

Models of XGBoost and LightGBM often name their classes 0, 1 and so on; --classes
then says which values of the label these are:
--classes 0=normal --classes 1=attack.

--classes puts the model's own classes into others as well: of a model that was
trained on attack, bot and normal, --classes attack=bot,attack adds the probability
of bot to that of attack, and figures are those of attack and normal.

An isolation forest takes a row for an attack if its score is above --threshold.
The rows must be of two classes then: attack, or one that is not normal or benign,
is what it should find.

With --json there is one object:
  {"accuracy": 0.97, "macro_f1": 0.95,
   "classes": {"attack": {"precision": 0.9, "recall": 0.8, "f1": 0.85, "support": 70}, ...},
   "confusion": {"attack": {"attack": 56, "normal": 14}, ...},
   "auc": 0.98}
All classes of the model, as --classes has put them together, are in classes and in
confusion, whose outer names are true classes and inner ones predicted classes.
Precision, recall and f1 are 0 where they are not defined (zero_division=0 of
scikit-learn); support is the number of rows of the class. macro_f1 is the mean over
the classes that rows are of or were taken for. auc is null where rows are of one
class only.`,
		Example: `  spanwarden evaluate --model model.json --data behaviour.csv.gz --label kind --classes attack=bot,attack
  spanwarden evaluate --model xgboost.json --data rows.csv --label kind --classes 0=normal --classes 1=attack --json`,
		Args: e.rows.args,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e.stdin, e.stdout = cmd.InOrStdin(), cmd.OutOrStdout()
			return e.run(cmd.Context(), cmd.Flags().Changed("threshold"))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&e.model, "model", "", "`FILE` of the model to judge (required)")
	e.rows.addFlags(cmd)
	flags.StringSliceVar(&e.features, "features", nil,
		"`COLUMNS` in the order of the model's features, where it names them otherwise (as f0, f1 ...)")
	flags.Float64Var(&e.threshold, "threshold", 0.5, "`SCORE` of an isolation forest above which a row is an attack")
	flags.BoolVar(&e.json, "json", false, "write the figures as JSON")
	flags.IntVar(&e.folds, "cv", 0, "")
	cobra.CheckErr(flags.MarkHidden("cv")) // of spanwarden train
	return cmd
}

func (e *evaluate) run(ctx context.Context, thresholdSet bool) error {
	options, err := e.options()
	if err != nil {
		return err
	}
	f, err := modelfile.Load(e.model)
	if err != nil {
		return err
	}
	if thresholdSet && f.Kind != forest.IsolationForest {
		return fmt.Errorf("--threshold is for isolation forests alone, and %s is a %s: leave it out", e.model, f.Kind)
	}
	options.Features = f.Features
	if e.features != nil {
		if len(e.features) != len(f.Features) {
			return fmt.Errorf("--features names %d columns, the model has %d features: %s",
				len(e.features), len(f.Features), dataset.ShownNames(f.Features))
		}
		options.Features = e.features
	}
	table, err := dataset.Open(ctx, e.stdin, options, e.rows.data...)
	if err != nil {
		return err
	}
	if table.Rows() == 0 {
		return fmt.Errorf("%s: there are no rows below the header line", e.rows.names())
	}
	var figures evaluation.Figures
	if f.Kind == forest.IsolationForest {
		figures, err = evaluation.JudgeAnomalies(ctx, f, table, e.threshold)
	} else {
		figures, err = evaluation.JudgeMerged(ctx, f, table, options.Classes)
	}
	if err != nil {
		return e.suggest(err, options.Classes)
	}
	return e.print(f, table, figures)
}

// options to read the rows with, but for the features, which the model tells.
func (e *evaluate) options() (dataset.Options, error) {
	var errs []error
	if e.folds != 0 {
		errs = append(errs, fmt.Errorf("a model that is there already cannot be cross-validated: "+
			"spanwarden train --cv %d trains and judges anew for each fold", max(2, e.folds)))
	}
	if e.model == "" {
		errs = append(errs, errors.New("--model is missing: name the model to judge"))
	}
	if e.rows.label == "" {
		errs = append(errs, errors.New("--label is missing: name the column of the true classes"))
	}
	if math.IsNaN(e.threshold) {
		errs = append(errs, errors.New("--threshold is NaN: use a score from 0 to 1"))
	}
	options, err := e.rows.options(nil)
	return options, errors.Join(append(errs, err)...)
}

// suggest adds how classes are mapped to an error about them.
func (e *evaluate) suggest(err error, into map[string]string) error {
	var unknown evaluation.UnknownClassError
	switch {
	case errors.As(err, &unknown) && slices.Contains(slices.Collect(maps.Values(into)), unknown.Class):
		return fmt.Errorf("%w; name one of these before the = of --classes", err)
	case errors.As(err, &unknown):
		return fmt.Errorf("%w; say which of these its rows are: --classes CLASS=%s", err, dataset.ShownName(unknown.Class))
	case errors.Is(err, evaluation.ErrNotTwoClasses):
		return fmt.Errorf("%w; share the values of the label out: --classes attack=… --classes normal=…", err)
	}
	return err
}

func (e *evaluate) print(f *forest.Forest, table *dataset.Table, figures evaluation.Figures) error {
	if e.json {
		out := json.NewEncoder(e.stdout)
		out.SetIndent("", "  ")
		return out.Encode(figures)
	}
	head := fmt.Sprintf("%s of %d trees on %s", f.Kind, len(f.Trees), describe(table))
	if f.Origin != "" {
		head = fmt.Sprintf("%s (trained on %s)", head, dataset.ShownName(f.Origin))
	}
	_, err := fmt.Fprintf(e.stdout, "%s: %s\n\n%s", dataset.ShownName(filepath.Base(e.model)), head, figuresTable(figures))
	return err
}
