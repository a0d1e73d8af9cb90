package main

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/evaluation"
)

// figuresTable shows figures to people: those of each class, the confusion matrix
// and those of all rows.
func figuresTable(f evaluation.Figures) string {
	var b strings.Builder
	classes := [][]string{{"class", "precision", "recall", "F1", "F1 of predict-all", "rows"}}
	confusion := [][]string{{"is \\ taken for"}}
	for i, class := range f.Classes {
		name, c := dataset.ShownName(class), f.Class(i)
		classes = append(classes, []string{
			name, shownFigure(c.Precision), shownFigure(c.Recall), shownFigure(c.F1), shownFigure(f.PredictAllF1(i)), fmt.Sprint(c.Support),
		})
		confusion[0] = append(confusion[0], name)
		row := []string{name}
		for _, n := range f.Counts[i] {
			row = append(row, fmt.Sprint(n))
		}
		confusion = append(confusion, row)
	}
	b.WriteString(aligned(classes) + "\n" + aligned(confusion) + "\n")
	b.WriteString(aligned([][]string{
		{"accuracy", shownFigure(f.Accuracy())},
		{"macro F1", shownFigure(f.MacroF1())},
		{"AUC", shownFigure(f.AUC)},
	}))
	return b.String()
}

// shownFigure is a figure between 0 and 1, or - where it is not defined.
func shownFigure(figure float64) string {
	if math.IsNaN(figure) {
		return "-"
	}
	return fmt.Sprintf("%.4f", figure)
}

// shownSize is a number of bytes for people.
func shownSize(bytes int64) string {
	switch {
	case bytes >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	case bytes >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(bytes)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// aligned puts the cells of rows below one another: the first to the left, all
// others to the right.
func aligned(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for j, cell := range row {
			if j == len(widths) {
				widths = append(widths, 0)
			}
			widths[j] = max(widths[j], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for j, cell := range row {
			pad := strings.Repeat(" ", widths[j]-utf8.RuneCountInString(cell))
			if j == 0 {
				line.WriteString(cell + pad)
			} else {
				line.WriteString("  " + pad + cell)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}
