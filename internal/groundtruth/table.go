package groundtruth

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// column of a table for a terminal.
type column struct {
	head  string
	most  int // runes; more are continued on the next line
	right bool
}

// columns take 120 runes at most, with the gaps between them.
var columns = [...]column{
	{head: "attack", most: 29},
	{head: "what it is", most: 40},
	{head: "calls", most: 5, right: true},
	{head: "found by", most: 27},
	{head: "after", most: 11},
}

const (
	gap   = "  "
	width = 120 // of all lines
)

// Table writes for a terminal which kinds of attack were found by whom and after how long, how often each detector was
// right, and the false alarms. No line is longer than 120 characters.
func (v Verdict) Table(w io.Writer) error {
	rows := [][len(columns)]string{{}}
	for i, c := range columns {
		rows[0][i] = c.head
	}
	for i := range v.Kinds {
		k := &v.Kinds[i]
		rows = append(rows, [...]string{k.Name, k.Title, fmt.Sprint(k.Calls), k.foundBy(), k.after()})
	}
	var b strings.Builder
	if len(v.Kinds) > 0 {
		writeRows(&b, rows)
		b.WriteByte('\n')
	}
	if right := v.right(); len(right) > 0 {
		const label = "right findings" + gap
		for i, line := range wrap(strings.Join(right, ", "), width-len(label)) {
			if i == 0 {
				b.WriteString(label)
			} else {
				b.WriteString(strings.Repeat(" ", len(label)))
			}
			b.WriteString(line + "\n")
		}
	}
	b.WriteString("false alarms" + gap + gap + v.falseAlarms() + "\n")
	left := v.listFalse(func(at, by, told string) {
		b.WriteString(cut(gap+at+gap+by+": "+told, width) + "\n")
	})
	if left > 0 {
		fmt.Fprintf(&b, "%sand %d more\n", gap, left)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// writeRows aligns the cells; a cell that is too long goes on below. The first row is the head; a column with nothing
// below it is left out.
func writeRows(b *strings.Builder, rows [][len(columns)]string) {
	var widths [len(columns)]int
	var used [len(columns)]bool
	for _, row := range rows[1:] {
		for j, cell := range row {
			used[j] = used[j] || cell != ""
		}
	}
	cells := make([][len(columns)][]string, len(rows))
	for i, row := range rows {
		for j, cell := range row {
			cells[i][j] = wrap(cell, columns[j].most)
			for _, line := range cells[i][j] {
				widths[j] = max(widths[j], utf8.RuneCountInString(line))
			}
		}
	}
	for _, row := range cells {
		height := 0
		for _, lines := range row {
			height = max(height, len(lines))
		}
		for at := range height {
			var line strings.Builder
			for j, lines := range row {
				if !used[j] {
					continue
				}
				cell := ""
				if at < len(lines) {
					cell = lines[at]
				}
				pad := strings.Repeat(" ", widths[j]-utf8.RuneCountInString(cell))
				if j > 0 {
					line.WriteString(gap)
				}
				if columns[j].right {
					line.WriteString(pad + cell)
				} else {
					line.WriteString(cell + pad)
				}
			}
			b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
		}
	}
}

// cut shortens a line to so many runes.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
