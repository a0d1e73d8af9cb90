package tampering

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Summary is the table of all figures.
func (r *Report) Summary() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(columns ...any) {
		for _, c := range columns {
			fmt.Fprintf(w, "%v\t", c)
		}
		fmt.Fprintln(w)
	}
	score := func(name string, s Score) {
		line(name, s.Copies, s.Found, fmt.Sprintf("%.3f", s.Recall()), fmt.Sprintf("%.3f", s.ExplainedRecall()), fmt.Sprintf("%.3f", s.ShownRecall()))
	}
	line("kind", "copies", "found", "recall", "explained", "or by answer")
	for _, k := range Kinds() {
		s := r.Score(func(o *Outcome) bool { return o.Kind == k.Name })
		if s.Copies == 0 {
			continue
		}
		name := k.Name
		if k.Hard {
			name += " (hard)"
		}
		score(name, s)
	}
	score("hard", r.Hard())
	score("ALL", r.Score(nil))
	line()
	line("API", "copies", "found", "recall", "explained", "or by answer")
	for _, api := range r.apis() {
		score(api, r.Score(func(o *Outcome) bool { return o.API == api }))
	}
	_ = w.Flush()
	all, alarmed := r.Shams()
	fmt.Fprintf(&b, "\nshams that alarm beyond their originals: %d of %d\n", alarmed, all)
	window := func(name string, w Windows) {
		fmt.Fprintf(&b, "%s: %d of %d windows of %d with an alarm, %.2f %% (95 %% bound %.2f %%)\n",
			name, w.Alarmed, w.All, PerWindow, 100*w.Share(), 100*w.Bound())
	}
	window("all calls", r.AllWindows)
	window("front door", r.FrontWindows)
	fmt.Fprintf(&b, "false alarms: %d violations in %d of %d calls, %.2f in 1,000; %d more of normal calls among copies\n",
		len(r.FalseAlarms), r.AlarmedCalls, r.Calls, r.Per1000(), len(r.Collateral))
	return b.String()
}

func (r *Report) apis() []string {
	set := make(map[string]bool)
	for i := range r.Outcomes {
		set[r.Outcomes[i].API] = true
	}
	return slices.Sorted(maps.Keys(set))
}
