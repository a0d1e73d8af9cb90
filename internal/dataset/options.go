package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Options says what is read from a CSV file. Names are compared without the
// space around them, in the options and in the file.
type Options struct {
	Features []string // columns of the values, in the table's order; at least one
	Label    string   // column of the classes; "" where rows have none
	// Classes names the class that a value of Label belongs to; values that are not
	// in it are classes by their own name.
	Classes map[string]string
}

// Bounds of what is read. Rows are as many as memory holds.
const (
	MaxColumns = 10_000
	MaxField   = 1 << 20 // bytes of a field
	MaxRecord  = 4 << 20 // bytes of a row
	MaxClasses = 256     // as many as a forest has
)

func (o Options) trimmed() Options {
	o.Label = strings.TrimSpace(o.Label)
	o.Features = slices.Clone(o.Features)
	for i, name := range o.Features {
		o.Features[i] = strings.TrimSpace(name)
	}
	return o
}

func (o Options) validate() error {
	seen := make(map[string]bool, len(o.Features))
	for _, name := range o.Features {
		switch {
		case name == "":
			return errors.New("the name of a feature is empty")
		case seen[name]:
			return fmt.Errorf("feature %q is named twice", name)
		case name == o.Label:
			return fmt.Errorf("%q is both label and feature: a class that is learnt from itself says nothing", name)
		}
		seen[name] = true
	}
	for value, class := range o.Classes {
		if class == "" {
			return fmt.Errorf("the class of the label value %q has no name", value)
		}
	}
	return nil
}

// place of each wanted column in the header; the label is last, -1 without one.
func (o Options) places(header []string) (features []int, label int, err error) {
	find := func(name string) int {
		at := slices.Index(header, name)
		switch {
		case at < 0:
			err = errors.Join(err, fmt.Errorf("there is no column %q: the columns are %s", name, list(header)))
		case slices.Contains(header[at+1:], name):
			err = errors.Join(err, fmt.Errorf("two columns are named %q: rename one", name))
		}
		return at
	}
	for _, name := range o.Features {
		features = append(features, find(name))
	}
	label = -1
	if o.Label != "" {
		label = find(o.Label)
	}
	if err != nil && len(header) == 1 && strings.ContainsAny(header[0], ";\t") {
		err = errors.New("the header line has no comma: separate columns by commas, not by semicolons or tabs")
	}
	return features, label, err
}

// list of names as an error shows it.
func list(names []string) string {
	const most = 100
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", ShownNames(names[:most]), len(names)-most)
	}
	return ShownNames(names)
}
