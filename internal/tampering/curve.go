package tampering

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// Point of a learning curve: what a book finds that was learned from the beginning of the traffic.
type Point struct {
	Share     float64 // of the traces to learn from, 0 to 1
	Calls     int     // in them
	Rules     int
	All, Hard Score
	Shams     int     // that alarm
	Windows   Windows // of all calls
	Front     Windows // of calls at the front door
}

// Curve learns from the beginning of the teaching traces, more of it each time, and judges the same copies.
func Curve(teach, judge []Trace, copies []Copy, learn Learner, shares ...float64) ([]Point, error) {
	points := make([]Point, 0, len(shares))
	for _, share := range shares {
		part := Beginning(teach, share)
		lesson, err := learn(Spans(part))
		if err != nil {
			return nil, err
		}
		book, err := Book(lesson.File)
		if err != nil {
			return nil, err
		}
		r, err := Judge(book, lesson.References, judge, copies)
		if err != nil {
			return nil, err
		}
		_, shams := r.Shams()
		points = append(points, Point{
			Share: share, Calls: len(judgedCalls(part)), Rules: len(lesson.File.Rules), All: r.Score(nil), Hard: r.Hard(), Shams: shams,
			Windows: r.AllWindows, Front: r.FrontWindows,
		})
	}
	return points, nil
}

// CurveTable shows the points.
func CurveTable(points []Point) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "traffic\tcalls\trules\trecall\texplained\thard\tshams\twindows\t≤\tfront windows\t≤\t")
	for i := range points {
		p := &points[i]
		fmt.Fprintf(w, "%.3g %%\t%d\t%d\t%.3f\t%.3f\t%.3f\t%d\t%.2f %%\t%.2f %%\t%.2f %%\t%.2f %%\t\n",
			100*p.Share, p.Calls, p.Rules, p.All.Recall(), p.All.ExplainedRecall(), p.Hard.Recall(), p.Shams,
			100*p.Windows.Share(), 100*p.Windows.Bound(), 100*p.Front.Share(), 100*p.Front.Bound())
	}
	_ = w.Flush()
	return b.String()
}
