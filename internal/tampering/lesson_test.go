package tampering

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

func TestTracesAreSplitWholeAndByTime(t *testing.T) {
	traces := newShop(20).all(t)
	teach, judge := Split(traces, 0.7)
	assert.Len(t, append(teach, judge...), len(traces))
	spans := func(traces []Trace) (n int) {
		for i := range traces {
			n += traces[i].Spans.SpanCount()
		}
		return n
	}
	assert.InDelta(t, 0.7, float64(spans(teach))/float64(spans(traces)), 0.05)
	for i := range judge {
		assert.Less(t, teach[len(teach)-1].Start, judge[i].Start)
	}
	assert.Len(t, Beginning(traces, 1), len(traces))
	assert.Len(t, Beginning(traces, 0), 1)
	assert.Empty(t, Beginning(nil, 0.5))
	assert.Equal(t, teach, Beginning(traces, 0.7))
}

func TestTracesAreGroupedWhateverTheBatches(t *testing.T) {
	shop := newShop(5)
	one := ptrace.NewTraces()
	for _, td := range shop.traces {
		for _, rs := range td.ResourceSpans().All() {
			rs.CopyTo(one.ResourceSpans().AppendEmpty())
		}
	}
	apart, together := Group(shop.traces...), Group(one)
	require.Len(t, together, len(apart))
	for i := range apart {
		assert.Equal(t, values(&apart[i]), values(&together[i]))
		assert.Equal(t, apart[i].Start, together[i].Start)
		assert.Equal(t, apart[i].End, together[i].End)
	}
}

func TestPoisonIsAShareOfTheCallsAtTheFrontDoor(t *testing.T) {
	survey, traces, _ := played(t)
	poisoned, copies := survey.Poison(traces, 0.05, DefaultSettings())
	front := 0
	for i := range poisoned {
		if newScene(&poisoned[i]).front != nil {
			front++
		}
	}
	assert.InDelta(t, 0.05, float64(len(copies))/float64(front), 0.005)
	assert.Len(t, poisoned, len(traces)+len(copies))
	var ids []string
	for _, c := range copies {
		assert.False(t, c.Sham)
		ids = append(ids, c.Trace.ID.String())
	}
	assert.Equal(t, traces, Without(poisoned, ids))
}

// pupil learns the rules of the shop one after the other, the more it sees.
func pupil(traces []ptrace.Traces) (*Lesson, error) {
	file, err := rulefile.FromMaps("learned", rules[:min(len(rules), 1+len(traces)/40)])
	return &Lesson{File: file}, err
}

func TestACurveGrowsWithWhatIsLearned(t *testing.T) {
	survey, traces, judge := played(t)
	teach, _ := Split(traces, 0.5)
	points, err := Curve(teach, judge, survey.Tamper(judge, settings(100)), pupil, 0.1, 1)
	require.NoError(t, err)
	require.Len(t, points, 2)
	assert.Greater(t, points[1].All.Recall(), points[0].All.Recall())
	assert.Greater(t, points[1].Calls, 5*points[0].Calls)
	assert.Contains(t, CurveTable(points), "100 %")

	_, err = Curve(teach, judge, nil, func([]ptrace.Traces) (*Lesson, error) { return nil, errors.New("too little") }, 1)
	assert.ErrorContains(t, err, "too little")
}

func TestAChartIsXMLThatHasAllPointsInside(t *testing.T) {
	points := []Point{{Share: 0.01}, {Share: 0.1}, {Share: 1}}
	var b strings.Builder
	require.NoError(t, Chart(&b, `Recall & "false" <alarms>`, points,
		Series{"recall", []float64{0.2, 0.5, 0.98}}, Series{"hard", []float64{0.1, 0.6, 0.97}}, Series{"none", nil}, Series{"beyond", []float64{-1, 2, 0}}))
	decoder := xml.NewDecoder(strings.NewReader(b.String()))
	circles := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "circle" {
			circles++
		}
	}
	assert.Equal(t, 9, circles)
	assert.Contains(t, b.String(), "prefers-color-scheme:dark")
	assert.NotContains(t, b.String(), "NaN")
}

func TestLabelsDoNotLieOnEachOther(t *testing.T) {
	moved := apart([]float64{100, 101, 260, 262, 264, 100.5})
	for i := range moved {
		assert.LessOrEqual(t, moved[i], float64(chartFloor))
		for j := range i {
			assert.GreaterOrEqual(t, math.Abs(moved[i]-moved[j]), chartLabelHeight-1e-9)
		}
	}
}

func TestLabelledTracesAreJudgedByLabelAndByWhatWasLearned(t *testing.T) {
	traces := newShop(40).all(t)
	labels := make(map[string]string)
	attack := 0
	for i := range traces {
		front := newScene(&traces[i]).front
		labels[traces[i].ID.String()] = Benign
		if i > len(traces)/2 && front.api == "POST /search" {
			labels[traces[i].ID.String()] = "search"
			attack++
		}
		if i > len(traces)/2 && front.api == "POST /pay" {
			labels[traces[i].ID.String()] = "pay"
		}
	}
	teach, judge := SplitLabelled(traces, labels, 0.5)
	assert.Len(t, append(teach, judge...), len(traces))
	book := bookOf(t,
		map[string]any{"id": "value", "kind": "format", "api": "POST /search", "check": "false"},
		map[string]any{"id": "new", "kind": "novelty", "api": "POST /pay", "check": "false"},
	)
	taught := Without(teach, nil)
	var known []Trace
	for i := range taught {
		if newScene(&taught[i]).front.api != "POST /pay" {
			known = append(known, taught[i])
		}
	}
	l, err := JudgeLabelled(book, nil, known, judge, labels)
	require.NoError(t, err)
	assert.Equal(t, LabelScore{Traces: attack, Found: attack, ByValue: attack, Known: attack, KnownByValue: attack}, *l.Labels["search"])
	pay := *l.Labels["pay"]
	assert.Equal(t, LabelScore{Traces: pay.Traces, Found: pay.Traces}, pay, "only as something new, and nothing was learned of it")
	assert.Equal(t, attack+pay.Traces, l.Attacks().Found)
	assert.Empty(t, l.Missed)
	assert.Contains(t, l.Table(), "search")
}
