package check_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// loss is a way in which spans get lost.
type loss struct {
	name string
	lost func(placed) bool
}

// losses are those that are tried on a recording: spans at random, whole services, and all spans of one kind that have
// others beneath them.
func losses(spans []placed) (all []loss) {
	for _, part := range []float64{0.05, 0.3} {
		for _, seed := range seeds {
			rng := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // the same each time
			all = append(all, loss{fmt.Sprintf("%v of the spans %d", part, seed), func(placed) bool { return rng.Float64() < part }})
		}
	}
	services := make(map[string]bool)
	parents := make(map[[2]string]bool) // trace and span
	for i := range spans {
		services[spans[i].service()] = true
		parents[[2]string{spans[i].TraceID().String(), spans[i].ParentSpanID().String()}] = true
	}
	for _, service := range slices.Sorted(maps.Keys(services)) {
		all = append(all, loss{"the service " + service, func(s placed) bool { return s.service() == service }})
	}
	for _, kind := range []ptrace.SpanKind{ptrace.SpanKindInternal, ptrace.SpanKindServer, ptrace.SpanKindClient} {
		above := func(s placed) bool {
			return s.Kind() == kind && parents[[2]string{s.TraceID().String(), s.SpanID().String()}]
		}
		if slices.ContainsFunc(spans, above) {
			all = append(all, loss{fmt.Sprintf("%v spans above others", kind), above})
		}
	}
	return all
}

// Whatever is lost, no call violates a rule that it does not violate as a whole. The two exceptions nobody can notice: a
// statement or child call is lost that has nothing beneath it, while others of its call are there, and the rule says that
// it exists or how many there are; and what an earlier call of the session has done is lost, for a rule that asks for it.
func TestLostSpansMakeNoViolations(t *testing.T) {
	eachRecording(t, loseSpans)
	t.Run("bundles", func(t *testing.T) { loseSpans(t, &bank, bundles(bank.read(t))) })
}

func loseSpans(t *testing.T, r *recorded, spans []placed) {
	before := byTrace(spans)
	// From a trace of one span either all is lost or nothing.
	spans = slices.DeleteFunc(slices.Clone(spans), func(s placed) bool { return len(before[s.TraceID().String()]) == 1 })
	book := r.book(t, false, least(before)...)
	whole := book.judge(t, spans)
	rules := make(map[string]about)
	for _, rule := range book.rules {
		rules[rule.ID] = aboutRule(&rule)
	}
	for v := range whole.violated {
		assert.NotContains(t, v.rule, leastID, "%s is violated by span %s of trace %s", rules[v.rule].text, v.span, v.trace)
	}
	for _, l := range losses(spans) {
		t.Run(l.name, func(t *testing.T) {
			kept := slices.DeleteFunc(slices.Clone(spans), l.lost)
			part := book.judge(t, kept)
			after := byTrace(kept)
			found := 0
			excused := make(map[string]int)
			for v := range part.violated {
				is := rules[v.rule]
				switch {
				case whole.violated[v]:
					found++
				case is.counting && unnoticed(before[v.trace], after[v.trace], v.span, is.statements):
					rule, _, _ := strings.Cut(v.rule, ".") // only the ids of least have one
					excused[rule]++
				case is.stateful && forgotten(before, after, v):
					excused["stateful"]++
				default:
					t.Errorf("%s is violated by span %s of trace %s only because spans are lost: %s", v.rule, v.span, v.trace, is.text)
				}
			}
			t.Logf("%d of %d spans (%v %%) lost: %d of %d violations found; not to be noticed: %v",
				len(spans)-len(kept), len(spans), share(len(spans)-len(kept), len(spans)), found, len(whole.violated), excused)
		})
	}
}

// bundles makes one trace of each three, under a call that makes all their calls: deeper trees with more calls side by
// side than any of the recordings has.
func bundles(spans []placed) (bundled []placed) {
	for some := range slices.Chunk(traces(spans), 3) {
		root := some[0][0]
		root.Span = ptrace.NewSpan()
		root.SetKind(ptrace.SpanKindServer)
		root.SetTraceID(some[0][0].TraceID())
		root.SetSpanID(pcommon.SpanID{0xff})
		root.Attributes().PutStr("http.request.method", "POST")
		root.Attributes().PutStr("http.route", "/bundles")
		bundled = append(bundled, root)
		for i, trace := range some {
			client := root
			client.Span = ptrace.NewSpan()
			client.SetKind(ptrace.SpanKindClient)
			client.SetTraceID(root.TraceID())
			client.SetSpanID(pcommon.SpanID{0xff, byte(i + 1)})
			client.SetParentSpanID(root.SpanID())
			bundled = append(bundled, client)
			for _, span := range trace {
				moved := ptrace.NewSpan()
				span.CopyTo(moved)
				moved.SetTraceID(root.TraceID())
				if moved.ParentSpanID().IsEmpty() {
					moved.SetParentSpanID(client.SpanID())
				}
				span.Span = moved
				bundled = append(bundled, span)
			}
		}
	}
	return bundled
}

// about is what a rule looks at.
type about struct {
	text       string
	counting   bool // it says that something exists, or how many there are
	statements bool // of statements, else of child calls
	stateful   bool // it looks at what earlier calls showed
}

var (
	counts     = regexp.MustCompile(`\b(db|calls)\.exists(_one)?\(|\bsize\((db|calls)\b`)
	statements = regexp.MustCompile(`\bdb\b`)
	stateful   = regexp.MustCompile(`\b(row|shown|earlier)\("`)
)

func aboutRule(r *rulefile.Rule) about {
	text := r.When.Text + " " + r.Check.Text
	return about{text, counts.MatchString(text), statements.MatchString(text), stateful.MatchString(text)}
}

// leastID begins the ids of rules of [least].
const leastID = "at-least."

// least makes rules that hold of the whole recording and that every loss beneath a call breaks, if it is not noticed: how
// many statements and child calls each endpoint makes at least.
func least(all map[string][]placed) (rules []map[string]any) {
	type list struct {
		endpoint
		statements bool
	}
	fewest := make(map[list]int)
	for _, trace := range all {
		for i := range trace {
			if trace[i].Kind() != ptrace.SpanKindServer {
				continue
			}
			for _, statements := range []bool{false, true} {
				of := list{endpointOf(&trace[i]), statements}
				n := len(beneath(trace, trace[i].SpanID().String(), statements))
				if before, known := fewest[of]; !known || n < before {
					fewest[of] = n
				}
			}
		}
	}
	for of, n := range fewest {
		if n == 0 {
			continue
		}
		name := map[bool]string{false: "calls", true: "db"}[of.statements]
		rules = append(rules, map[string]any{
			"id": fmt.Sprint(leastID, len(rules)), "api": of.Method + " *", "service": of.Service,
			"when": "call.route == " + strconv.Quote(of.Route), "check": fmt.Sprintf("size(%s) >= %d", name, n),
		})
	}
	return rules
}

func byTrace(spans []placed) map[string][]placed {
	m := make(map[string][]placed)
	for _, trace := range traces(spans) {
		m[trace[0].TraceID().String()] = trace
	}
	return m
}

// unnoticed is true if a call has lost statements or child calls and has others left, and if all that is left of its trace
// hangs together, so that nothing tells of the loss.
func unnoticed(before, after []placed, call string, statements bool) bool {
	had, left := len(beneath(before, call, statements)), len(beneath(after, call, statements))
	if left == 0 || left == had {
		return false
	}
	f := newFamily(after)
	own := pcommon.SpanID{} // that nothing beneath the call can hang on
	for i := range after {
		if after[i].SpanID().String() == call {
			own = f.end(after, i)
		}
	}
	for i := range after {
		parent := after[i].ParentSpanID()
		if _, known := f[parent]; known || parent.IsEmpty() || parent == own {
			continue
		}
		if !statements || after[i].Kind() != ptrace.SpanKindServer {
			return false
		}
	}
	return true
}

// forgotten is true if spans are lost of a trace with an earlier call of the session that the violation is in.
func forgotten(before, after map[string][]placed, v verdict) bool {
	var judged *placed
	for i := range before[v.trace] {
		if before[v.trace][i].SpanID().String() == v.span {
			judged = &before[v.trace][i]
		}
	}
	earlier := func(s placed) bool {
		return s.Kind() == ptrace.SpanKindServer && s.StartTimestamp() < judged.StartTimestamp() &&
			attribute(s.Attributes(), "session.id") == attribute(judged.Attributes(), "session.id")
	}
	for id, trace := range before {
		if len(after[id]) < len(trace) && slices.ContainsFunc(trace, earlier) {
			return true
		}
	}
	return false
}

// beneath are the places of the statements or child calls of a call.
func beneath(trace []placed, call string, statements bool) (places []int) {
	f := newFamily(trace)
	for i := range trace {
		if statements && !isStatement(&trace[i]) || !statements && trace[i].Kind() != ptrace.SpanKindServer {
			continue
		}
		if above := f.server(trace, i); above >= 0 && trace[above].SpanID().String() == call {
			places = append(places, i)
		}
	}
	return places
}

var transaction = regexp.MustCompile(`(?i)^\s*(BEGIN|COMMIT|ROLLBACK)\b`)

func isStatement(span *placed) bool {
	text := attribute(span.Attributes(), "db.query.text")
	return text != "" && !transaction.MatchString(text)
}

// end is the parent that is missing above a span, zero if none is.
func (f family) end(trace []placed, span int) pcommon.SpanID {
	for range trace {
		above, known := f[trace[span].ParentSpanID()]
		if !known {
			break
		}
		span = above
	}
	return trace[span].ParentSpanID()
}
