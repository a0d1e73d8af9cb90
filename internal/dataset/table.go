// Package dataset holds labelled rows of numbers, as classifiers learn from and
// are judged by.
package dataset

// Table is rows of numbers by column, with a class for each row.
type Table struct {
	Features []string    // names of the columns
	Columns  [][]float32 // one for each feature, of equal lengths; NaN where a value is missing
	Classes  []string    // names; nil where rows have no class
	Labels   []int32     // class of each row, an index of Classes; nil where rows have no class
	Absent   []string    // values that Options.Classes names and no row read has, sorted
}

// Rows is how many rows the table has.
func (t *Table) Rows() int {
	if len(t.Columns) == 0 {
		return len(t.Labels)
	}
	return len(t.Columns[0])
}

// Row appends the values of row i to dst.
func (t *Table) Row(dst []float32, i int) []float32 {
	for _, column := range t.Columns {
		dst = append(dst, column[i])
	}
	return dst
}

// Select returns the rows with these numbers, from 0, in their order. Features and
// classes are shared with t, all of the classes also where no row is left of one.
func (t *Table) Select(rows []int) *Table {
	s := &Table{Features: t.Features, Columns: make([][]float32, len(t.Columns)), Classes: t.Classes}
	for i, column := range t.Columns {
		s.Columns[i] = make([]float32, len(rows))
		for j, row := range rows {
			s.Columns[i][j] = column[row]
		}
	}
	if t.Labels != nil {
		s.Labels = make([]int32, len(rows))
		for j, row := range rows {
			s.Labels[j] = t.Labels[row]
		}
	}
	return s
}

// Counts is how many rows each class has, in the order of Classes.
func (t *Table) Counts() []int {
	counts := make([]int, len(t.Classes))
	for _, label := range t.Labels {
		counts[label]++
	}
	return counts
}
