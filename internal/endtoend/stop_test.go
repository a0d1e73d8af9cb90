package endtoend

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// The Collector is stopped while spans arrive, windows close and a flood is being judged: what it had acknowledged until
// then has left exactly once, and so has the alarm.
func TestStopUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	c := startCollector(t, defaultConfig, witness, overlay(`
exporters: {file/anomalies: {path: "${env:SPANWARDEN_STATE}/anomalies.jsonl", flush_interval: 100ms, rotation: null}}`))
	s := newScenario(9, "shop")
	s.flood(t, c)

	var mu sync.Mutex
	acknowledged := newLedger()
	sending := make(chan error, 1)
	go func() {
		sending <- concurrently(3, func(sender int) error {
			own := newScenario(uint64(sender), "shop")
			own.minute = s.minute
			for {
				batch := own.spans(quietCalls, "192.0.2.1", "192.0.2.2")
				if !c.takes(batch) {
					return nil // the Collector is gone, which is when a sender keeps its spans
				}
				mu.Lock()
				err := acknowledged.addTraces(batch)
				mu.Unlock()
				if err != nil {
					return err
				}
				own.minute = own.minute.Add(time.Second)
			}
		})
	}()
	time.Sleep(500 * time.Millisecond)
	c.stop(t)
	require.NoError(t, <-sending)

	arrived := arrivedSpans(t, c)
	require.Greater(t, len(acknowledged.items), 1000)
	for sequence, items := range acknowledged.items {
		if !slices.Equal(items, arrived.items[sequence]) {
			assert.Fail(t, "an acknowledged span did not leave exactly once", "%d: sent %q, arrived %q", sequence, items, arrived.items[sequence])
		}
	}
	assert.Contains(t, c.anomalies(t), "begun total_calls shop")
}

// takes sends a batch, once, and tells whether the Collector acknowledged it.
func (c *collector) takes(td ptrace.Traces) bool {
	body, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	if err != nil {
		return false
	}
	response, err := c.http.Post(fmt.Sprintf("http://127.0.0.1:%d/v1/traces", c.otlpHTTP), "application/x-protobuf", bytes.NewReader(body))
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err == nil && response.StatusCode == http.StatusOK
}
