package dataset

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ReadCSV reads a table from text in the form of RFC 4180 with a header line.
// Empty fields, NaN and NA are missing values. Classes are sorted by name. Errors
// name the line and the column, and say what would mend them.
func ReadCSV(r io.Reader, o Options) (*Table, error) {
	rows, err := newRows(o)
	if err != nil {
		return nil, err
	}
	if err := rows.read(r); err != nil {
		return nil, err
	}
	return rows.table(), nil
}

// rows is a table that is being read.
type rows struct {
	options Options
	columns [][]float32
	labels  []int32
	numbers map[string]int32 // of the values of the label, in the order of their coming
	classes map[string]int32 // of the classes, as well
}

func newRows(o Options) (*rows, error) {
	o = o.trimmed()
	if err := o.validate(); err != nil {
		return nil, err
	}
	return &rows{
		options: o, columns: make([][]float32, len(o.Features)),
		numbers: make(map[string]int32), classes: make(map[string]int32),
	}, nil
}

func (r *rows) read(in io.Reader) error {
	lines := newLines(in)
	header, err := lines.header()
	if err != nil {
		return err
	}
	if len(r.options.Features) == 0 {
		return lines.suggest(header, r.options.Label)
	}
	features, label, err := r.options.places(header)
	if err != nil {
		return err
	}
	for {
		record, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, at := range features {
			value, err := parse(record[at])
			if err != nil {
				return lines.at(at, header[at], err)
			}
			r.columns[i] = append(r.columns[i], value)
		}
		if label < 0 {
			continue
		}
		class, err := r.class(strings.TrimSpace(record[label]))
		if err != nil {
			return lines.at(label, header[label], err)
		}
		r.labels = append(r.labels, class)
	}
}

// parse reads a value; NaN stands for a missing one.
func parse(field string) (float32, error) {
	field = strings.TrimSpace(field)
	if field == "" || field == "NA" {
		return float32(math.NaN()), nil
	}
	// By way of float64, as whoever has a float64 and rounds it gets it.
	wide, err := strconv.ParseFloat(field, 64)
	value := float32(wide)
	switch {
	case math.IsInf(float64(value), 0):
		return 0, fmt.Errorf("%s is beyond ±%.4g: leave the field empty where there is no value", shown(field), math.MaxFloat32)
	case err != nil:
		return 0, fmt.Errorf("%s is no number: correct it, or leave the field empty where there is no value", shown(field))
	}
	return value, nil
}

// shown is a field as an error quotes it.
func shown(field string) string {
	const most = 60
	if len(field) > most {
		field = strings.ToValidUTF8(field[:most], "") + "…"
	}
	return strconv.Quote(field)
}

func (r *rows) class(value string) (int32, error) {
	if number, ok := r.numbers[value]; ok {
		return number, nil
	}
	if value == "" {
		return 0, errors.New("the row has no label: give it one, or leave the row out")
	}
	name, ok := r.options.Classes[value]
	if !ok {
		name = strings.Clone(value) // not to hold on to the whole row
	}
	number, ok := r.classes[name]
	if !ok {
		if len(r.classes) == MaxClasses {
			return 0, fmt.Errorf("there are more than %d classes: is this the column of the label?", MaxClasses)
		}
		number = int32(len(r.classes))
		r.classes[name] = number
	}
	r.numbers[strings.Clone(value)] = number
	return number, nil
}

// table of what was read, with classes in the order of their names.
func (r *rows) table() *Table {
	t := &Table{Features: r.options.Features, Columns: r.columns}
	if r.options.Label == "" {
		return t
	}
	t.Classes = slices.Sorted(maps.Keys(r.classes))
	sorted := make([]int32, len(t.Classes))
	for i, name := range t.Classes {
		sorted[r.classes[name]] = int32(i)
	}
	t.Labels = r.labels
	for i, number := range t.Labels {
		t.Labels[i] = sorted[number]
	}
	for value := range r.options.Classes {
		if _, has := r.numbers[value]; !has {
			t.Absent = append(t.Absent, value)
		}
	}
	slices.Sort(t.Absent)
	return t
}
