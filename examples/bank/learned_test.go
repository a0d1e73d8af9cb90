package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/recording"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// learned are the rules that honest calls teach.
func learned(t *testing.T, batches []ptrace.Traces) *invariant.Book {
	t.Helper()
	recorded, err := replay.New(nil, replay.DefaultSettings())
	require.NoError(t, err)
	for _, td := range batches {
		recorded.Read(td)
	}
	learner, err := baseline.New(baseline.DefaultSettings())
	require.NoError(t, err)
	require.NoError(t, recorded.Traces(func(trace *replay.Trace) error {
		learner.Learn(trace)
		return nil
	}))
	book, err := invariant.Compile([]*rulefile.File{learner.Result().File}, invariant.Options{})
	require.NoError(t, err)
	return book
}

// condemned are the traces that break a rule of a book.
func condemned(t *testing.T, book *invariant.Book, batches []ptrace.Traces) map[string][]string {
	t.Helper()
	checker, err := check.New(book, check.DefaultSettings())
	require.NoError(t, err)
	for _, td := range batches {
		checker.Read(td)
	}
	traces := make(map[string][]string)
	require.NoError(t, checker.Judge(t.Context(), func(v *check.Violation) error {
		traces[v.TraceID] = append(traces[v.TraceID], v.Invariant+": "+v.Explanation)
		return nil
	}))
	return traces
}

// tally is how many of the calls of a kind of tampering were found, by whether the bank refused them.
type tally struct{ calls, found [2]int }

func (x *tally) share() float64 {
	return float64(x.found[0]+x.found[1]) / float64(max(1, x.calls[0]+x.calls[1]))
}

// tallies are those of all kinds of tampering.
func tallies(truth map[string]groundtruth.Call, condemned map[string][]string) map[string]*tally {
	all := make(map[string]*tally)
	for trace, call := range truth {
		x := all[call.Kind]
		if x == nil {
			x = new(tally)
			all[call.Kind] = x
		}
		refused := 0
		if call.Status >= 400 {
			refused = 1
		}
		x.calls[refused]++
		if len(condemned[trace]) > 0 {
			x.found[refused]++
		}
	}
	return all
}

// meanShare is the mean over the kinds of tampering of the share of calls that were found.
func meanShare(all map[string]*tally) (mean float64) {
	kinds := 0
	for _, kind := range plan.Kinds() {
		if x := all[kind.Name]; kind.Tampering() && x != nil {
			mean += x.share()
			kinds++
		}
	}
	return mean / float64(max(1, kinds))
}

// compared is a table of what learned rules and those of invariants.yaml find.
func compared(learned, written map[string]*tally) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-30s %21s   %21s\n", "", "learned", "written by hand")
	fmt.Fprintf(&b, "%-30s %10s %10s   %10s %10s\n", "", "succeeded", "refused", "succeeded", "refused")
	cell := func(x *tally, refused int) string {
		if x.calls[refused] == 0 {
			return "–"
		}
		return fmt.Sprintf("%d of %d", x.found[refused], x.calls[refused])
	}
	for _, kind := range plan.Kinds() {
		if x, y := learned[kind.Name], written[kind.Name]; kind.Tampering() && x != nil {
			fmt.Fprintf(&b, "%-30s %10s %10s   %10s %10s\n", kind.Name, cell(x, 0), cell(x, 1), cell(y, 0), cell(y, 1))
		}
	}
	fmt.Fprintf(&b, "%-30s %21.3f   %21.3f\n", "mean over the kinds", meanShare(learned), meanShare(written))
	return b.String()
}

// Forty quiet minutes teach enough to find most kinds of tampering, and to accuse nobody else.
func TestLearnedRulesFindTamperingAndAccuseNobody(t *testing.T) {
	honest, err := untouched()
	require.NoError(t, err)
	book := learned(t, honest)
	assert.Empty(t, condemned(t, book, honest), "the calls that taught the rules")
	batches, err := tampering()
	require.NoError(t, err)
	truth := labels(t, "tampering")
	found := condemned(t, book, batches)
	for trace, rules := range found {
		assert.Contains(t, truth, trace, "an honest call is accused: %v", rules)
	}
	all, written := tallies(truth, found), tallies(truth, condemned(t, bankRules(t), batches))
	t.Logf("\n%s", compared(all, written))
	assert.GreaterOrEqual(t, meanShare(all), 0.6)
	for _, name := range []string{"theft", "flood"} {
		batches, err := spansOf(name + ".jsonl.gz")
		require.NoError(t, err)
		truth := labels(t, name)
		for trace, rules := range condemned(t, book, batches) {
			assert.Contains(t, truth, trace, "an honest call is accused: %v", rules)
		}
	}
}

// Ten quiet hours are the only teacher; other days of the bank are judged, with all that can be recorded and with what
// every SDK sends.
func TestTenHoursTeachNearlyWhatPeopleKnow(t *testing.T) {
	folder := os.Getenv("SPANWARDEN_HOURS")
	if folder == "" {
		t.Skip("skipped what ten hours teach: `make hours` records them, then set SPANWARDEN_HOURS to its folder, var/hours")
	}
	for name, files := range map[string][2]string{
		"all that can be recorded": {"honest401.jsonl.gz", "tampering92"},
		"what every SDK sends":     {"plain403.jsonl.gz", "plaintampering93"},
	} {
		t.Run(name, func(t *testing.T) {
			book := learned(t, recordedHours(t, filepath.Join(folder, files[0])))
			batches := recordedHours(t, filepath.Join(folder, files[1]+".jsonl.gz"))
			calls, err := groundtruth.Read(filepath.Join(folder, files[1]+".truth.jsonl.gz"))
			require.NoError(t, err)
			truth := make(map[string]groundtruth.Call)
			for _, c := range calls {
				truth[strings.ToLower(c.TraceID)] = c
			}
			all, written := tallies(truth, condemned(t, book, batches)), tallies(truth, condemned(t, bankRules(t), batches))
			t.Logf("\n%s", compared(all, written))
			assert.GreaterOrEqual(t, meanShare(all), meanShare(written)-0.1)
			for _, quiet := range quietHours(t, folder, files[0]) {
				accused := condemned(t, book, recordedHours(t, quiet))
				t.Logf("%s: %d traces accused", filepath.Base(quiet), len(accused))
				assert.LessOrEqual(t, len(accused), 1, "%v", accused)
			}
		})
	}
}

// quietHours are other honest hours that were recorded as those that taught.
func quietHours(t *testing.T, folder, teacher string) []string {
	t.Helper()
	prefix := strings.TrimRight(strings.TrimSuffix(teacher, ".jsonl.gz"), "0123456789")
	paths, err := filepath.Glob(filepath.Join(folder, prefix+"[0-9]*.jsonl.gz"))
	require.NoError(t, err)
	return slices.DeleteFunc(paths, func(path string) bool {
		return filepath.Base(path) == teacher || strings.Contains(path, ".truth.")
	})
}

func recordedHours(t *testing.T, path string) (batches []ptrace.Traces) {
	t.Helper()
	file, err := recording.Open(path)
	require.NoError(t, err)
	defer file.Close()
	require.NoError(t, file.Traces(func(td ptrace.Traces) error {
		batches = append(batches, td)
		return nil
	}))
	return batches
}
