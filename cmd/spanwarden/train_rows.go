package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spanwarden/spanwarden/internal/dataset"
)

// labelledRows are the options that say which rows a classifier learns from or is
// judged by.
type labelledRows struct {
	data    []string
	label   string
	classes []string
}

func (l *labelledRows) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&l.data, "data", nil,
		"CSV `FILE` with a header line, gzipped or not, - for standard input; may be given more than once (required)")
	flags.StringVar(&l.label, "label", "", "`COLUMN` of the classes")
	flags.StringArrayVar(&l.classes, "classes", nil, "a class and the values of the label that belong to it, as `attack=bot,attack`; "+
		"may be given more than once or take several, other values are classes by their own name")
}

// args takes what stands alone after --classes as more of its values, and refuses
// everything else that belongs to no flag.
func (l *labelledRows) args(_ *cobra.Command, args []string) error {
	for _, arg := range args {
		switch {
		case !strings.Contains(arg, "="):
			return fmt.Errorf("%q belongs to no flag: name files with --data, classes with --classes, and quote what has spaces", arg)
		case len(l.classes) == 0:
			return fmt.Errorf("%q belongs to no flag: is it a class and its values, as in --classes attack=bot,attack?", arg)
		}
	}
	l.classes = append(l.classes, args...)
	return nil
}

// options of reading the rows, with these columns.
func (l *labelledRows) options(features []string) (dataset.Options, error) {
	var errs []error
	if len(l.data) == 0 {
		errs = append(errs, errors.New("--data is missing: name a CSV file, or - for standard input"))
	}
	if first := slices.Index(l.data, "-"); first >= 0 && slices.Contains(l.data[first+1:], "-") {
		errs = append(errs, errors.New("--data - is given twice: standard input can be read once"))
	}
	classes, err := parseClasses(l.classes)
	if err == nil && len(classes) > 0 && l.label == "" {
		err = errors.New("--classes needs --label: name the column that has these values")
	}
	return dataset.Options{Features: features, Label: l.label, Classes: classes}, errors.Join(append(errs, err)...)
}

// parseClasses reads CLASS=VALUE,VALUE and returns the class of each value.
func parseClasses(flags []string) (map[string]string, error) {
	classes := make(map[string]string)
	for _, flag := range flags {
		class, values, found := strings.Cut(flag, "=")
		class = strings.TrimSpace(class)
		if !found || class == "" || strings.TrimSpace(values) == "" {
			return nil, fmt.Errorf("--classes is %q: write the class and its values, as in attack=bot,attack", flag)
		}
		for value := range strings.SplitSeq(values, ",") {
			value = strings.TrimSpace(value)
			if other, taken := classes[value]; taken && other != class {
				return nil, fmt.Errorf("--classes puts %q into %q and %q: choose one", value, other, class)
			}
			classes[value] = class
		}
	}
	return classes, nil
}

// names of the files, without folders.
func (l *labelledRows) names() string {
	var names []string
	for _, path := range l.data {
		if path == "-" {
			names = append(names, "standard input")
		} else {
			names = append(names, dataset.ShownName(filepath.Base(path)))
		}
	}
	return strings.Join(names, ", ")
}

// describe says how many rows a table has, and of which classes.
func describe(t *dataset.Table) string {
	var classes []string
	for i, n := range t.Counts() {
		classes = append(classes, fmt.Sprintf("%d %s", n, dataset.ShownName(t.Classes[i])))
	}
	if len(classes) == 0 {
		return fmt.Sprintf("%d rows", t.Rows())
	}
	return fmt.Sprintf("%d rows: %s", t.Rows(), strings.Join(classes, ", "))
}
