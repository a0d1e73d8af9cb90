// Package instance refuses a second processor of the same id and signal in one
// Collector. Each instance sees the traffic of its own pipeline only; two of one
// name would judge halves of it and fight over one saved state.
package instance

import (
	"fmt"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pipeline"
)

// key tells instances apart. The Collector is known by the id that its telemetry
// carries: components of one Collector are started with hosts of their own.
type key struct {
	collector string
	id        component.ID
	signal    pipeline.Signal
}

var (
	mu      sync.Mutex
	running = make(map[key]struct{})
)

// Claim takes the id and signal in the Collector whose telemetry resource it is,
// until release is called. The error tells how to name the second instance.
func Claim(resource pcommon.Resource, id component.ID, signal pipeline.Signal) (release func(), err error) {
	k := key{id: id, signal: signal}
	if instance, ok := resource.Attributes().Get("service.instance.id"); ok {
		k.collector = instance.AsString()
	}
	mu.Lock()
	defer mu.Unlock()
	if _, taken := running[k]; taken {
		return nil, fmt.Errorf("%s is used in two %s pipelines: each needs an instance of its own, name the second one, such as %s/b", id, signal, id.Type())
	}
	running[k] = struct{}{}
	return func() {
		mu.Lock()
		defer mu.Unlock()
		delete(running, k)
	}, nil
}
