package instance

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pipeline"
)

func collector(id string) pcommon.Resource {
	r := pcommon.NewResource()
	r.Attributes().PutStr("service.instance.id", id)
	return r
}

func TestClaim(t *testing.T) {
	id, b := component.MustNewID("api_traffic"), component.MustNewIDWithName("api_traffic", "b")
	release, err := Claim(collector("one"), id, pipeline.SignalTraces)
	require.NoError(t, err)
	_, err = Claim(collector("one"), id, pipeline.SignalTraces)
	require.ErrorContains(t, err, "api_traffic is used in two traces pipelines: each needs an instance of its own, name the second one, such as api_traffic/b")

	for _, other := range []struct {
		collector pcommon.Resource
		id        component.ID
		signal    pipeline.Signal
	}{
		{collector("one"), id, pipeline.SignalLogs},
		{collector("one"), b, pipeline.SignalTraces},
		{collector("two"), id, pipeline.SignalTraces},
		{pcommon.NewResource(), id, pipeline.SignalTraces},
	} {
		release, err := Claim(other.collector, other.id, other.signal)
		require.NoError(t, err)
		release()
	}
	release()
	release, err = Claim(collector("one"), id, pipeline.SignalTraces)
	require.NoError(t, err)
	release()
	assert.Empty(t, running)
}
