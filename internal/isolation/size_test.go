package isolation

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/heapsize"
)

// TestSizeOfManyServices: a full reservoir and a forest each.
func TestSizeOfManyServices(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	const mib = 1 << 20
	var windows []*detect.Window
	for bank := newTown(5); len(windows) < 7*60; {
		windows = append(windows, bank.minuteOf())
	}
	before := heapsize.InUse()
	d := New(DefaultSettings(), time.Minute, 30*time.Minute, many, 1000)
	defer d.Close()
	for i := range many {
		for _, w := range windows {
			w.Service = fmt.Sprint("service ", i)
			d.Judge(w, func(anomaly.Event) {})
		}
		s := d.services[fmt.Sprint("service ", i)]
		require.NoError(t, s.adopt())
		require.NotNil(t, s.trained)
		require.Equal(t, d.settings.Reservoir, s.reservoir.len())
	}
	memory := heapsize.InUse() - before
	t.Logf("%d services with forests of their own: %.1f MiB", many, float64(memory)/mib)
	assert.Less(t, memory, uint64(many*3/2*mib))
	runtime.KeepAlive(windows)
}
