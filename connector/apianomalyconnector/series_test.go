package apianomalyconnector

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// However many routes an attacker makes up, no anomaly goes uncounted and the table does not grow.
func TestSeriesAreBounded(t *testing.T) {
	table := newSeriesTable(10, 5)
	var overflowed int
	for i := range 1000 {
		_, over := table.add(anomaly.Labels{Route: fmt.Sprint("/", i)}, exemplar{})
		if over {
			overflowed++
		}
	}
	_, over := table.add(anomaly.Labels{Route: "/3"}, exemplar{})
	assert.False(t, over, "a known series goes on")

	assert.Len(t, table.all, 10)
	assert.Equal(t, 991, overflowed)
	var sum int64
	for _, r := range table.read(isAny, true) {
		sum += r.count
		assert.Equal(t, r.overflow, r.labels == anomaly.Labels{})
	}
	assert.EqualValues(t, 1001, sum)
}

func TestOneSeriesIsTheOverflow(t *testing.T) {
	table := newSeriesTable(1, 0)
	fresh, over := table.add(anomaly.Labels{Kind: "dos"}, exemplar{})
	assert.True(t, fresh)
	assert.True(t, over)
	assert.Len(t, table.all, 1)
}

func TestExemplarsAreTheNewestAndReportedOnce(t *testing.T) {
	table := newSeriesTable(10, 2)
	for i := range byte(4) {
		table.add(anomaly.Labels{}, exemplar{traceID: pcommon.TraceID{i + 1}})
	}
	table.add(anomaly.Labels{}, exemplar{spanID: pcommon.SpanID{9}}) // leads nowhere

	assert.Empty(t, table.read(isAny, false)[0].exemplars, "the 0 has none")
	table.all[0].announced = true
	assert.Equal(t, []exemplar{{traceID: pcommon.TraceID{3}}, {traceID: pcommon.TraceID{4}}}, table.read(isAny, false)[0].exemplars)
	assert.Empty(t, table.read(isAny, false)[0].exemplars)
}

func TestNoExemplarsWhereNoneAreWanted(t *testing.T) {
	table := newSeriesTable(10, 0)
	table.add(anomaly.Labels{}, exemplar{traceID: pcommon.TraceID{1}})
	assert.Empty(t, table.read(isAny, true)[0].exemplars)
}
