package instance

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pipeline"
)

type host struct {
	component.Host
	name string
}

func TestClaim(t *testing.T) {
	id, one, two := component.MustNewID("api_traffic"), &host{name: "one"}, &host{name: "two"}
	release, err := Claim(one, id, pipeline.SignalTraces)
	require.NoError(t, err)
	_, err = Claim(one, id, pipeline.SignalTraces)
	require.ErrorContains(t, err, "api_traffic is used in two traces pipelines: each needs an instance of its own, name the second one, such as api_traffic/b")

	for _, other := range []key{
		{one, id, pipeline.SignalLogs},
		{one, component.MustNewIDWithName("api_traffic", "b"), pipeline.SignalTraces},
		{two, id, pipeline.SignalTraces},
	} {
		release, err := Claim(other.host, other.id, other.signal)
		require.NoError(t, err)
		release()
	}
	release()
	release, err = Claim(one, id, pipeline.SignalTraces)
	require.NoError(t, err)
	release()
	assert.Empty(t, running)
}
