package tampering

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Series is one line of a chart.
type Series struct {
	Name   string
	Values []float64 // 0 to 1, one for each point of the curve
}

// Size of the chart, in pixels, and of its margins.
const (
	chartWidth, chartHeight = 640, 320
	chartLeft, chartRight   = 52, 188
	chartTop, chartBottom   = 40, 48
	chartPlotWidth          = chartWidth - chartLeft - chartRight
	chartPlotHeight         = chartHeight - chartTop - chartBottom
	chartLabelHeight        = 15.0
	chartEnd                = chartLeft + chartPlotWidth
	chartFloor              = chartTop + chartPlotHeight
)

// Chart writes an SVG of series against the share of the traffic that was learned from, on a logarithmic axis. Its colours
// suit light and dark pages; there are four.
func Chart(w io.Writer, title string, points []Point, series ...Series) error {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s"`,
		chartWidth, chartHeight, chartWidth, chartHeight, escaped(title))
	b.WriteString(` font-family="system-ui, sans-serif" font-size="12">` + "\n<style>\n.line{fill:none;stroke-width:2}\n")
	chartStyle(&b, "#24292f", "#d0d7de", "#0969da", "#bc4c00", "#1a7f37", "#8250df")
	b.WriteString("@media (prefers-color-scheme:dark){\n")
	chartStyle(&b, "#c9d1d9", "#3d444d", "#4493f8", "#f0883e", "#3fb950", "#ab7df8")
	b.WriteString("}\n</style>\n")
	fmt.Fprintf(&b, `<text x="%d" y="20" font-size="14">%s</text>`+"\n", chartLeft, escaped(title))
	chartAxes(&b, points)
	ends := make([]float64, len(series))
	for i, s := range series {
		chartLine(&b, i, points, s)
		if len(s.Values) > 0 {
			ends[i] = chartY(s.Values[len(s.Values)-1])
		}
	}
	for i, y := range apart(ends) {
		fmt.Fprintf(&b, `<g class="s%d"><text class="label" x="%d" y="%.1f">%s</text></g>`+"\n", i%4, chartEnd+10, y+4, escaped(series[i].Name))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// chartStyle has one colour for each of the first series.
func chartStyle(b *strings.Builder, ink, grid string, colours ...string) {
	fmt.Fprintf(b, "text{fill:%s}.grid{stroke:%s}\n", ink, grid)
	for i, c := range colours {
		fmt.Fprintf(b, ".s%d .line{stroke:%s}.s%d .dot,.s%d .label{fill:%s}\n", i, c, i, i, c)
	}
}

func chartAxes(b *strings.Builder, points []Point) {
	for _, v := range []float64{0, 0.25, 0.5, 0.75, 1} {
		y := chartY(v)
		fmt.Fprintf(b, `<line class="grid" x1="%d" y1="%.1f" x2="%d" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%.0f %%</text>`+"\n",
			chartLeft, y, chartEnd, y, chartLeft-8, y+4, 100*v)
	}
	for i := range points {
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%.3g %%</text>`+"\n", chartX(points, i), chartFloor+18, 100*points[i].Share)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">traffic that was learned from</text>`+"\n", chartLeft+chartPlotWidth/2, chartFloor+38)
}

func chartLine(b *strings.Builder, i int, points []Point, s Series) {
	fmt.Fprintf(b, `<g class="s%d"><polyline class="line" points="`, i%4)
	var dots strings.Builder
	for j, v := range s.Values[:min(len(s.Values), len(points))] {
		x, y := chartX(points, j), chartY(v)
		fmt.Fprintf(b, "%.1f,%.1f ", x, y)
		fmt.Fprintf(&dots, `<circle class="dot" cx="%.1f" cy="%.1f" r="3"/>`, x, y)
	}
	fmt.Fprintf(b, `"/>%s</g>`+"\n", dots.String())
}

// chartX is where the share of a point is on the logarithmic axis.
func chartX(points []Point, i int) float64 {
	low, high := math.Log(points[0].Share), math.Log(points[len(points)-1].Share)
	if high <= low {
		return chartLeft + chartPlotWidth/2
	}
	return chartLeft + chartPlotWidth*(math.Log(points[i].Share)-low)/(high-low)
}

func chartY(v float64) float64 { return chartTop + chartPlotHeight*(1-min(1, max(0, v))) }

// apart moves labels down and, at the floor, up, so that they do not lie on each other.
func apart(ys []float64) []float64 {
	order := make([]int, len(ys))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(math.Copysign(math.Ceil(math.Abs(ys[a]-ys[b])), ys[a]-ys[b])) })
	moved := slices.Clone(ys)
	for i := 1; i < len(order); i++ {
		moved[order[i]] = max(moved[order[i]], moved[order[i-1]]+chartLabelHeight)
	}
	limit := float64(chartFloor)
	for _, i := range slices.Backward(order) {
		moved[i] = min(moved[i], limit)
		limit = moved[i] - chartLabelHeight
	}
	return moved
}

var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func escaped(s string) string { return escapes.Replace(s) }
