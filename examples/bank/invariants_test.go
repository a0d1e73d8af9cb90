package main

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/examples/bank/internal/telemetry"
	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/recording"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

func recorded(name string) string { return filepath.Join("..", "..", "testdata", "bank", name) }

// tampering and untouched are read once; whoever changes spans copies them first.
var (
	tampering = sync.OnceValues(func() ([]ptrace.Traces, error) { return spansOf("tampering.jsonl.gz") })
	untouched = sync.OnceValues(func() ([]ptrace.Traces, error) { return spansOf("quiet.jsonl.gz") })
)

func spansOf(name string) (batches []ptrace.Traces, err error) {
	file, err := recording.Open(recorded(name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	err = file.Traces(func(td ptrace.Traces) error {
		batches = append(batches, td)
		return nil
	})
	return batches, err
}

// bankRules are those of invariants.yaml.
func bankRules(t *testing.T) *invariant.Book {
	t.Helper()
	file, err := rulefile.Load("invariants.yaml")
	require.NoError(t, err)
	book, err := invariant.Compile([]*rulefile.File{file}, invariant.Options{})
	require.NoError(t, err)
	return book
}

// judgeSpans judges the calls among spans by the bank's rules.
func judgeSpans(t *testing.T, batches []ptrace.Traces) (violations []*check.Violation, tallies []check.Tally) {
	t.Helper()
	checker, err := check.New(bankRules(t), check.DefaultSettings())
	require.NoError(t, err)
	for _, td := range batches {
		checker.Read(td)
	}
	require.NoError(t, checker.Judge(t.Context(), func(v *check.Violation) error {
		violations = append(violations, v)
		return nil
	}))
	return violations, checker.Tallies()
}

// labels are the attacking calls of a recording, by trace.
func labels(t *testing.T, name string) map[string]groundtruth.Call {
	t.Helper()
	calls, err := groundtruth.Read(recorded(name + ".truth.jsonl.gz"))
	require.NoError(t, err)
	byTrace := make(map[string]groundtruth.Call)
	for _, c := range calls {
		byTrace[strings.ToLower(c.TraceID)] = c
	}
	return byTrace
}

// assertAttacks asserts that nobody but attackers broke a rule, and they in no other calls than their attacks.
func assertAttacks(t *testing.T, truth map[string]groundtruth.Call, violations []*check.Violation) {
	t.Helper()
	for _, v := range violations {
		assert.Contains(t, truth, v.TraceID, "%s is broken by an honest call: %s", v.Invariant, v.Explanation)
	}
}

func TestHonestCallsBreakNoRule(t *testing.T) {
	for _, name := range []string{"flood", "theft"} {
		batches, err := spansOf(name + ".jsonl.gz")
		require.NoError(t, err)
		violations, _ := judgeSpans(t, batches)
		assertAttacks(t, labels(t, name), violations)
	}
	batches, err := untouched()
	require.NoError(t, err)
	violations, tallies := judgeSpans(t, batches)
	assert.Empty(t, violations)
	for _, rule := range tallies {
		if rule.Rule.ID == "clerks-were-no-customers" { // of a clerk, nobody can know that
			continue
		}
		assert.Positive(t, rule.Held, "%s applied to no call", rule.Rule.ID)
	}
}

// Every call of a kind of tampering breaks a rule, but for those kinds of which the plan says why that cannot be.
func TestTheRulesFindTampering(t *testing.T) {
	batches, err := tampering()
	require.NoError(t, err)
	truth := labels(t, "tampering")
	violations, _ := judgeSpans(t, batches)
	assertAttacks(t, truth, violations)

	calls, found := make(map[string]int), make(map[string]int) // by kind
	for _, c := range truth {
		calls[c.Kind]++
	}
	for trace := range tracesOf(violations) {
		found[truth[trace].Kind]++
	}
	whole := 0
	for _, kind := range plan.Kinds() {
		switch {
		case !kind.Tampering():
			continue
		case kind.UnseenPart: // of guessed_code the first of five guesses may be a mistyped code
			assert.Equal(t, 4*calls[kind.Name], 5*found[kind.Name], kind.Name)
		case kind.Unseen != "":
			assert.Zero(t, found[kind.Name], "%s is seen: leave out why it is not", kind.Name)
		default:
			assert.Equal(t, calls[kind.Name], found[kind.Name], kind.Name)
			whole++
		}
		assert.Positive(t, calls[kind.Name], kind.Name)
	}
	assert.Equal(t, 29, whole)
}

// kindsOf are the kinds of attack of which a call broke a rule.
func kindsOf(truth map[string]groundtruth.Call, violations []*check.Violation) map[string]bool {
	kinds := make(map[string]bool)
	for trace := range tracesOf(violations) {
		kinds[truth[trace].Kind] = true
	}
	return kinds
}

func tracesOf(violations []*check.Violation) map[string]bool {
	traces := make(map[string]bool)
	for _, v := range violations {
		traces[v.TraceID] = true
	}
	return traces
}

// rulesOf are the rules that the calls of each kind of tampering break, in the order of the file.
func rulesOf(t *testing.T) map[string][]string {
	t.Helper()
	batches, err := tampering()
	require.NoError(t, err)
	truth := labels(t, "tampering")
	violations, tallies := judgeSpans(t, batches)
	broken := make(map[string][]string)
	for i := range tallies {
		for _, v := range violations {
			kind := truth[v.TraceID].Kind
			if id := tallies[i].Rule.ID; v.Invariant == id && !slices.Contains(broken[kind], id) {
				broken[kind] = append(broken[kind], id)
			}
		}
	}
	return broken
}

// groups are the opt-in attributes by the names of --opt-in; what ends in a dot is a beginning.
var groups = map[string][]string{
	"user":       {"user.id", "user.roles", "session.id"},
	"bodies":     {"http.request.body.content", "http.response.body.content"},
	"sizes":      {"http.request.body.size", "http.response.body.size"},
	"query":      {"url.query"},
	"headers":    {"http.request.header.", "http.response.header."},
	"parameters": {"db.query.parameter."},
	"rows":       {"db.response.returned_rows"},
	"text":       {"db.query.text"},
}

// without returns copies of spans that lack attributes.
func without(batches []ptrace.Traces, attributes []string) (lacking []ptrace.Traces) {
	for _, td := range batches {
		fewer := ptrace.NewTraces()
		td.CopyTo(fewer)
		eachSpan(fewer, func(span ptrace.Span) {
			span.Attributes().RemoveIf(func(key string, _ pcommon.Value) bool {
				return slices.ContainsFunc(attributes, func(a string) bool {
					return key == a || strings.HasSuffix(a, ".") && strings.HasPrefix(key, a)
				})
			})
		})
		lacking = append(lacking, fewer)
	}
	return lacking
}

func eachSpan(td ptrace.Traces, do func(ptrace.Span)) {
	for _, resource := range td.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				do(span)
			}
		}
	}
}

// What spans do not have breaks no rule, whichever opt-in attributes they are.
func TestSpansThatLackAttributesBreakNoRule(t *testing.T) {
	batches, err := tampering()
	require.NoError(t, err)
	truth := labels(t, "tampering")
	var all []string
	for name, attributes := range groups {
		_, err := telemetry.ParseOptIns(name)
		require.NoError(t, err)
		all = append(all, attributes...)
		t.Run("all but "+name, func(t *testing.T) {
			violations, _ := judgeSpans(t, without(batches, attributes))
			assertAttacks(t, truth, violations)
			assert.NotEmpty(t, violations)
		})
	}
	t.Run("none", func(t *testing.T) {
		violations, tallies := judgeSpans(t, without(batches, all))
		assertAttacks(t, truth, violations)
		var applied []string
		for i := range tallies {
			if tallies[i].Applied() > 0 {
				applied = append(applied, tallies[i].Rule.ID)
			}
		}
		assert.Contains(t, words(readREADME(t)), words("`"+strings.Join(applied, "`, `")+"`. They find "+fmt.Sprint(len(kindsOf(truth, violations)))+
			" of the kinds"))
	})
}

// edit changes an attribute of a recorded span as an attack would, of which there is none in the recordings.
type edit struct {
	name      string // of the span
	with      string // of whose db.query.text, if it is not empty
	attribute string
	from, to  string // regular expression and replacement
	breaks    []string
}

var edits = []edit{
	{"sql.conn.query", "from users where username", "db.query.parameter.0", `^user\d+$`, "user0000", []string{"login-looks-up-its-user"}},
	{"GET /users/{userId}", "", "url.path", `\d+$`, "0", []string{"users-read-by-themselves"}},
	{
		"GET /users/{userId}/accounts", "", "url.path", `/\d+/`, "/0/",
		[]string{"list-of-own-accounts", "users-read-by-themselves"},
	},
	{"sql.conn.query", "from entries e", "db.query.parameter.0", `^\d+$`, "0", []string{"search-in-own-entries"}},
	{"GET /accounts/{accountId}", "", "url.path", `\d+$`, "1", []string{"transfers-look-up-account"}},
	{"POST /transfers/{transferId}/execute", "", "url.path", `/[0-9a-f-]{36}/`, "/17/", []string{"transfer-ids", "transfers-move-their-money"}},
	{"sql.conn.query", "from transfers", "db.query.text", ` and user_id = \$2`, "", []string{"transfers-read-by-owners"}},
	{"sql.conn.query", "from transfers", "db.response.returned_rows", `^1$`, "0", []string{"transfers-of-the-caller"}},
	{
		"POST /postings", "", "http.request.body.content", `"reference":"[0-9a-f-]+","text":"deposit"`, `"reference":"x","text":"deposit"`,
		[]string{"transfers-move-their-money"},
	},
	{"POST /payments", "", "http.request.body.content", `"quantity"`, `"status":"paid","quantity"`, []string{"payment-fields"}},
	{"POST /payments", "", "http.response.body.content", `"total":\d+`, `"total":1`, []string{"payment-total", "payments-move-their-money"}},
	{
		"POST /postings", "", "http.request.body.content", `"toAccount":999`, `"toAccount":1000`,
		[]string{"payments-move-their-money", "posting-of-two-accounts"},
	},
	{"sql.conn.query", "from payments", "db.query.text", ` and user_id = \$2`, "", []string{"payments-read-by-owners"}},
	{"sql.conn.exec", "insert into payments", "db.query.parameter.1", `^\d+$`, "0", []string{"payments-of-the-caller"}},
	{"POST /payments/{paymentId}/refund", "", "http.request.body.content", `"reason"`, `"status"`, []string{"refund-fields"}},
	{"POST /postings", "", "http.request.body.content", `(999.*"amount":)\d+(.*refund)`, `${1}1$2`, []string{"refunds-move-their-money"}},
	{"sql.conn.exec", "update accounts", "db.query.parameter.0", `^\d+$`, "5", []string{"posting-of-two-accounts"}},
}

// There is no rule that nothing breaks: what no attack in the recordings does is done to a recorded call.
func TestEveryRuleCanBeBroken(t *testing.T) {
	batches, err := untouched()
	require.NoError(t, err)
	byTrace := make(map[pcommon.TraceID]ptrace.Traces)
	for _, td := range batches {
		split(td, byTrace)
	}
	order := slices.SortedFunc(maps.Keys(byTrace), func(a, b pcommon.TraceID) int { return bytes.Compare(a[:], b[:]) })
	broken := make(map[string]bool)
	for _, rules := range rulesOf(t) {
		for _, rule := range rules {
			broken[rule] = true
		}
	}
	for _, e := range edits {
		t.Run(strings.Join(e.breaks, " "), func(t *testing.T) {
			var violated []string
			for _, trace := range order {
				changed, some := e.apply(byTrace[trace])
				if !some {
					continue
				}
				violations, _ := judgeSpans(t, []ptrace.Traces{changed})
				for _, v := range violations {
					if !slices.Contains(violated, v.Invariant) {
						violated = append(violated, v.Invariant)
					}
				}
				if len(violated) >= len(e.breaks) {
					break
				}
			}
			slices.Sort(violated)
			assert.Equal(t, e.breaks, violated)
		})
		for _, rule := range e.breaks {
			broken[rule] = true
		}
	}
	for _, rule := range bankRules(t).Rules() {
		assert.True(t, broken[rule.ID], "%s is broken neither by an attack nor by an edit", rule.ID)
	}
}

// split adds the spans of a batch to those of their traces.
func split(td ptrace.Traces, byTrace map[pcommon.TraceID]ptrace.Traces) {
	for _, resource := range td.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				own, known := byTrace[span.TraceID()]
				if !known {
					own = ptrace.NewTraces()
					byTrace[span.TraceID()] = own
				}
				to := own.ResourceSpans().AppendEmpty()
				resource.Resource().CopyTo(to.Resource())
				span.CopyTo(to.ScopeSpans().AppendEmpty().Spans().AppendEmpty())
			}
		}
	}
}

// apply returns a copy of the spans of a trace with the change made where it can be, and whether it could be.
func (e *edit) apply(spans ptrace.Traces) (changed ptrace.Traces, some bool) {
	from := regexp.MustCompile(e.from)
	changed = ptrace.NewTraces()
	spans.CopyTo(changed)
	eachSpan(changed, func(span ptrace.Span) {
		text, _ := span.Attributes().Get("db.query.text")
		if span.Name() != e.name || e.with != "" && !strings.Contains(text.AsString(), e.with) {
			return
		}
		value, there := span.Attributes().Get(e.attribute)
		if !there || !from.MatchString(value.AsString()) {
			return
		}
		some = true
		after := from.ReplaceAllString(value.AsString(), e.to)
		if n, err := strconv.ParseInt(after, 10, 64); err == nil && value.Type() == pcommon.ValueTypeInt {
			value.SetInt(n)
			return
		}
		value.SetStr(after)
	})
	return changed, some
}

// The rules are of all five kinds, and say what is wrong in a line of their own.
func TestTheRulesAreOfAllKinds(t *testing.T) {
	kinds, messages := make(map[string]int), make(map[string]bool)
	for _, rule := range bankRules(t).Rules() {
		kinds[rule.Kind]++
		assert.False(t, messages[rule.Message], rule.Message)
		messages[rule.Message] = true
		assert.LessOrEqual(t, len(rule.ID), 26, "%s: the demonstration's table has no room for it", rule.ID)
	}
	assert.Len(t, kinds, 5)
	readme := words(readREADME(t))
	assert.Contains(t, readme, fmt.Sprintf("has %d rules", len(messages)))
	for kind, n := range kinds {
		assert.Contains(t, readme, fmt.Sprintf(" %d %s", n, kind))
	}
}

// words are those of a text, whatever its lines.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }
