package dataset

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// lines reads records within bounds.
type lines struct {
	csv  *csv.Reader
	left *allowance
}

func newLines(in io.Reader) *lines {
	left := &allowance{in: in}
	l := &lines{csv: csv.NewReader(left), left: left}
	l.csv.ReuseRecord = true
	return l
}

// header returns the names of the columns.
func (l *lines) header() ([]string, error) {
	record, err := l.next()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: its first line names the columns")
	}
	if err != nil {
		return nil, err
	}
	if len(record) > MaxColumns {
		return nil, fmt.Errorf("there are %d columns: at most %d are read", len(record), MaxColumns)
	}
	header := make([]string, len(record))
	for i, name := range record {
		header[i] = strings.TrimSpace(strings.Clone(name))
	}
	header[0] = strings.TrimSpace(strings.TrimPrefix(header[0], "\ufeff")) // some spreadsheets write it
	return header, nil
}

// next returns a record that is valid until the next one, or io.EOF.
func (l *lines) next() ([]string, error) {
	l.left.bytes = MaxRecord
	from := l.csv.InputOffset()
	record, err := l.csv.Read()
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		line, _ := l.csv.FieldPos(0)
		return nil, fmt.Errorf("line %d has %d fields, the header line %d: is a field with a comma in it not quoted?",
			line, len(record), l.csv.FieldsPerRecord)
	case errors.Is(err, errTooLong):
		return nil, fmt.Errorf("%w, the one at byte %d: is a quotation mark not closed?", err, from)
	case err != nil:
		return nil, err
	}
	for i, field := range record {
		if len(field) > MaxField {
			line, _ := l.csv.FieldPos(i)
			return nil, fmt.Errorf("line %d: field %d is longer than %d MiB: is a quotation mark not closed?", line, i+1, MaxField>>20)
		}
	}
	return record, nil
}

// at says where an error is: in a field of the record that was read last.
func (l *lines) at(field int, column string, err error) error {
	line, _ := l.csv.FieldPos(field)
	return fmt.Errorf("line %d, column %q: %w", line, column, err)
}

// suggest says which columns could be features, judging by the first rows.
func (l *lines) suggest(header []string, label string) error {
	const rows = 1000
	numeric, filled := make([]bool, len(header)), make([]bool, len(header))
	for i, name := range header {
		numeric[i] = name != label
	}
	for range rows {
		record, err := l.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for i, field := range record {
			value, err := parse(field)
			numeric[i] = numeric[i] && err == nil
			filled[i] = filled[i] || err == nil && !math.IsNaN(float64(value))
		}
	}
	var names []string
	for i, name := range header {
		if numeric[i] && filled[i] {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("no features are named, and no column has numbers only: the columns are %s", list(header))
	}
	return fmt.Errorf("no features are named: columns of numbers are %s", list(names))
}

var errTooLong = fmt.Errorf("a row is longer than %d MiB", MaxRecord>>20)

// allowance reads so many bytes and no more until there are new ones.
type allowance struct {
	in    io.Reader
	bytes int
}

func (a *allowance) Read(p []byte) (int, error) {
	if a.bytes <= 0 {
		return 0, errTooLong
	}
	n, err := a.in.Read(p[:min(len(p), a.bytes)])
	a.bytes -= n
	return n, err
}
