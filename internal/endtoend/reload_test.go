package endtoend

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// A reload stops and starts the whole pipeline. Senders see refused connections, retry, and nothing is lost or repeated.
func TestReloadUnderLoadLosesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	c := startCollector(t, defaultConfig, witness)
	sent := newLedger()
	var acknowledged atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	sending := make(chan error, 1)
	go func() {
		sending <- concurrently(3, func(sender int) error {
			generate := newGenerator(uint64(sender), firstOf(sender))
			for ctx.Err() == nil {
				if err := sendRecorded(c, sent, generate); err != nil {
					return err
				}
				acknowledged.Add(1)
			}
			return nil
		})
	}()
	awaitTraffic := func() {
		before := acknowledged.Load()
		eventually(t, sendDeadline, func() error {
			if more := acknowledged.Load() - before; more < 10 {
				return fmt.Errorf("only %d batches acknowledged", more)
			}
			return nil
		})
	}
	awaitTraffic()
	for range 3 {
		c.reload(t)
		awaitTraffic()
	}
	stop()
	require.NoError(t, <-sending)
	c.stop(t)
	sent.requireEqual(t, arrivedSpans(t, c))
}
