package check_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/recording"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// recorded is a recording with the rules that are known of its application.
type recorded struct {
	name, rules, spans string // files
	edits              string // "" if there are none
	truth              string // lists the traces with attacks. If it is there, these and a few others are read: it saves time
}

// oneOf so many other traces is read.
const oneOf = 6

var bank = recorded{
	name:  "bank",
	rules: filepath.Join("..", "..", "examples", "bank", "invariants.yaml"),
	spans: filepath.Join("..", "..", "testdata", "bank", "tampering.jsonl.gz"),
	truth: filepath.Join("..", "..", "testdata", "bank", "tampering.truth.jsonl.gz"),
}

// realRecordings are those of other applications, which are not in this repository.
func realRecordings(t *testing.T) []recorded {
	t.Helper()
	folder := os.Getenv("SPANWARDEN_DATA")
	if folder == "" {
		t.Skip("skipped real applications: set SPANWARDEN_DATA to a folder that holds trainticket/normal.jsonl.gz and opbeans/spans.jsonl.gz")
	}
	of := func(name, spans string) recorded {
		return recorded{
			name: name, rules: filepath.Join("testdata", name+".yaml"), spans: filepath.Join(folder, name, spans),
			edits: filepath.Join("testdata", name+".tampering.yaml"),
		}
	}
	return []recorded{of("trainticket", "normal.jsonl.gz"), of("opbeans", "spans.jsonl.gz")}
}

// placed is a span with where it comes from.
type placed struct {
	resource pcommon.Resource
	scope    pcommon.InstrumentationScope
	ptrace.Span
}

func (p *placed) service() string { return attribute(p.resource.Attributes(), "service.name") }

func attribute(m pcommon.Map, key string) string {
	v, ok := m.Get(key)
	if !ok {
		return ""
	}
	return v.AsString()
}

// alreadyRead are spans by the file, for those who read it next.
var alreadyRead = make(map[string][]placed)

// read returns the spans of a recording, which are not to be changed.
func (r *recorded) read(t *testing.T) []placed {
	t.Helper()
	if spans := alreadyRead[r.spans]; spans != nil {
		return spans
	}
	file, err := recording.Open(r.spans)
	require.NoError(t, err)
	defer file.Close()
	wanted := r.wanted(t)
	var spans []placed
	require.NoError(t, file.Traces(func(td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					if wanted(span.TraceID()) {
						spans = append(spans, placed{rs.Resource(), ss.Scope(), span})
					}
				}
			}
		}
		return nil
	}))
	require.NotEmpty(t, spans)
	alreadyRead[r.spans] = spans
	return spans
}

func (r *recorded) wanted(t *testing.T) func(pcommon.TraceID) bool {
	t.Helper()
	if r.truth == "" {
		return func(pcommon.TraceID) bool { return true }
	}
	calls, err := groundtruth.Read(r.truth)
	require.NoError(t, err)
	attacks := make(map[string]bool)
	for i := range calls {
		attacks[strings.ToLower(calls[i].TraceID)] = true
	}
	return func(id pcommon.TraceID) bool { return id[15]%oneOf == 0 || attacks[id.String()] }
}

// batch is a batch of copies of these spans.
func batch(spans []placed) ptrace.Traces {
	td := ptrace.NewTraces()
	for i := range spans {
		rs := td.ResourceSpans().AppendEmpty()
		spans[i].resource.CopyTo(rs.Resource())
		ss := rs.ScopeSpans().AppendEmpty()
		spans[i].scope.CopyTo(ss.Scope())
		spans[i].CopyTo(ss.Spans().AppendEmpty())
	}
	return td
}

// book are rules as they are written, and beside them their opposites where bothWays is true. Where the opposite of a
// rule is violated the rule holds, so that all three outcomes of every single call are known from violations alone.
type book struct {
	*invariant.Book
	rules    []rulefile.Rule
	bothWays bool
}

const opposite = ".opposite"

// book compiles the rules of the recording, and more.
func (r *recorded) book(t *testing.T, bothWays bool, more ...map[string]any) book {
	t.Helper()
	file, err := rulefile.Load(r.rules)
	require.NoError(t, err)
	added, err := rulefile.FromMaps("more", more)
	require.NoError(t, err)
	file.Rules = append(file.Rules, added.Rules...)
	rules := file.Rules
	if bothWays {
		for _, rule := range rules {
			rule.ID += opposite
			rule.Check = rulefile.Expression{Text: "!(" + rule.Check.Text + "\n)"}
			file.Rules = append(file.Rules, rule)
		}
	}
	compiled, err := invariant.Compile([]*rulefile.File{file}, invariant.Options{})
	require.NoError(t, err)
	return book{compiled, rules, bothWays}
}

// verdict is a rule's about a call.
type verdict struct{ trace, span, rule string }

// tally is how often a rule had which outcome.
type tally struct {
	held, violated, notApplicable int
	reason                        invariant.Reason // the most frequent one
}

// judgement is what came of spans.
type judgement struct {
	violations []check.Violation // in their order
	violated   map[verdict]bool
	held       map[verdict]bool // nil unless rules are judged both ways
	tallies    map[string]tally // by rule
	counts     check.Counts
}

// judge judges the spans of all batches, as the command does.
func (b book) judge(t *testing.T, batches ...[]placed) *judgement {
	t.Helper()
	checker, err := check.New(b.Book, check.DefaultSettings())
	require.NoError(t, err)
	for _, spans := range batches {
		checker.Read(batch(spans))
	}
	j := &judgement{violated: make(map[verdict]bool), held: make(map[verdict]bool), tallies: make(map[string]tally)}
	require.NoError(t, checker.Judge(t.Context(), func(v *check.Violation) error {
		key := verdict{v.TraceID, v.SpanID, v.Invariant}
		if rule, isOpposite := strings.CutSuffix(v.Invariant, opposite); isOpposite {
			key.rule = rule
			j.held[key] = true
			return nil
		}
		j.violated[key] = true
		j.violations = append(j.violations, *v)
		return nil
	}))
	tallies := checker.Tallies()
	for i := range b.rules {
		one := &tallies[i]
		calls, reason := one.NotApplicable()
		j.tallies[one.Rule.ID] = tally{one.Held, one.Violated, calls, reason}
		if b.bothWays {
			other := &tallies[i+len(b.rules)]
			require.Equal(t, one.Rule.ID+opposite, other.Rule.ID)
			require.Equal(t, one.Held, other.Violated, one.Rule.ID)
			require.Equal(t, one.Violated, other.Held, one.Rule.ID)
		}
	}
	j.counts = checker.Counts()
	return j
}

// traces are the spans of each trace, traces in the order of their first spans.
func traces(spans []placed) (list [][]placed) {
	place := make(map[pcommon.TraceID]int)
	for _, span := range spans {
		i, known := place[span.TraceID()]
		if !known {
			i = len(list)
			place[span.TraceID()] = i
			list = append(list, nil)
		}
		list[i] = append(list[i], span)
	}
	return list
}

// family is a trace by its spans' ids.
type family map[pcommon.SpanID]int // place in the trace

func newFamily(trace []placed) family {
	f := make(family, len(trace))
	for i := range trace {
		f[trace[i].SpanID()] = i
	}
	return f
}

// server is the place of the nearest server span above a span, -1 if none is known.
func (f family) server(trace []placed, span int) int {
	for range trace {
		above, known := f[trace[span].ParentSpanID()]
		if !known {
			return -1
		}
		if trace[above].Kind() == ptrace.SpanKindServer {
			return above
		}
		span = above
	}
	return -1
}

// share is n of m in per cent.
func share(n, m int) float64 { return math.Round(1000*float64(n)/float64(max(m, 1))) / 10 }
