package tampering

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
)

// Benign is the label of traces without an attack.
const Benign = "benign"

// ReadLabels reads a table with a header and lines of trace id, hexadecimal, and label.
func ReadLabels(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	labels := make(map[string]string)
	for i, row := range rows {
		if i > 0 && len(row) > 1 {
			labels[strings.ToLower(row[0])] = row[1]
		}
	}
	return labels, nil
}

// SplitLabelled divides sorted traces: the benign ones of the beginning, which has that share of the time's traces, to
// learn from, and all others to judge.
func SplitLabelled(traces []Trace, labels map[string]string, share float64) (teach, judge []Trace) {
	at := int(share * float64(len(traces)))
	for i := range traces {
		if i < at && labels[traces[i].ID.String()] == Benign {
			teach = append(teach, traces[i])
		} else {
			judge = append(judge, traces[i])
		}
	}
	return teach, judge
}

// Labelled is what was found in labelled traces.
type Labelled struct {
	Labels map[string]*LabelScore
	// Missed are the traces with an attack that nothing found, False the violations of benign ones.
	Missed []string
	False  []check.Violation
}

// LabelScore is how many traces with a label there are, and what was found.
type LabelScore struct {
	Traces int
	// Found by any rule, ByValue by one that is not of kind novelty.
	Found, ByValue int
	// Known are those of an API that was learned from, KnownByValue what was found of them by a rule that is not of kind
	// novelty.
	Known, KnownByValue int
}

// JudgeLabelled judges labelled traces by the rules of a book that was learned from others.
func JudgeLabelled(book *invariant.Book, store *reference.Store, taught, judge []Trace, labels map[string]string) (*Labelled, error) {
	refs, err := newReferences(store)
	if err != nil {
		return nil, err
	}
	checked, err := refs.check(book, judge)
	if err != nil {
		return nil, err
	}
	found, byValue := make(map[string]bool), make(map[string]bool)
	out := &Labelled{Labels: make(map[string]*LabelScore)}
	for i := range checked.Violations {
		v := &checked.Violations[i]
		found[v.TraceID] = true
		byValue[v.TraceID] = byValue[v.TraceID] || v.Kind != "novelty"
		if labels[v.TraceID] == Benign {
			out.False = append(out.False, *v)
		}
	}
	apis := learnedAPIs(taught)
	for i := range judge {
		id := judge[i].ID.String()
		s := out.Labels[labels[id]]
		if s == nil {
			s = new(LabelScore)
			out.Labels[labels[id]] = s
		}
		s.add(found[id], byValue[id], known(apis, &judge[i]))
		if !found[id] && labels[id] != Benign {
			out.Missed = append(out.Missed, labels[id]+" "+id)
		}
	}
	return out, nil
}

func (s *LabelScore) add(found, byValue, known bool) {
	s.Traces++
	if found {
		s.Found++
	}
	if byValue {
		s.ByValue++
	}
	if known {
		s.Known++
		if byValue {
			s.KnownByValue++
		}
	}
}

// learnedAPIs are methods and routes.
func learnedAPIs(traces []Trace) map[[2]string]bool {
	apis := make(map[[2]string]bool)
	for i := range traces {
		for _, c := range newScene(&traces[i]).calls {
			method, _, _ := strings.Cut(c.api, " ")
			apis[[2]string{method, c.route}] = true
		}
	}
	return apis
}

// known is true if some call of the trace is of such an API: its path fits the route.
func known(apis map[[2]string]bool, t *Trace) bool {
	for _, c := range newScene(t).calls {
		method, _, _ := strings.Cut(c.api, " ")
		for api := range apis {
			if api[0] == method && (api[1] == c.route || apicall.RouteParameters(api[1], strings.Join(c.path, "/"), func(string, string) {})) {
				return true
			}
		}
	}
	return false
}

// Attacks adds up all labels but the benign one.
func (l *Labelled) Attacks() (s LabelScore) {
	for label, one := range l.Labels {
		if label == Benign {
			continue
		}
		s.Traces += one.Traces
		s.Found += one.Found
		s.ByValue += one.ByValue
		s.Known += one.Known
		s.KnownByValue += one.KnownByValue
	}
	return s
}

// Table shows the figures by label.
func (l *Labelled) Table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "label\ttraces\tfound\tby value\tof known APIs\tby value\trecall there\t")
	line := func(name string, s LabelScore) {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%.3f\t\n", name, s.Traces, s.Found, s.ByValue, s.Known, s.KnownByValue, ratio(s.KnownByValue, s.Known))
	}
	names := slices.SortedFunc(maps.Keys(l.Labels), cmp.Compare)
	for _, name := range names {
		line(name, *l.Labels[name])
	}
	line("attacks", l.Attacks())
	_ = w.Flush()
	return b.String()
}
