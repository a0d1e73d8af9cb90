package endtoend

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// ports are the loopback ports of one Collector, handed to its configuration by the environment.
type ports struct {
	otlpGRPC  int
	otlpHTTP  int
	health    int
	metrics   int // the prometheus exporter: metrics of anomalies
	telemetry int // the Collector's own metrics
	spare     int // for what an overlay adds
}

func (p ports) environment() []string {
	return []string{
		"SPANWARDEN_HOST=127.0.0.1",
		fmt.Sprintf("SPANWARDEN_OTLP_GRPC_PORT=%d", p.otlpGRPC),
		fmt.Sprintf("SPANWARDEN_OTLP_HTTP_PORT=%d", p.otlpHTTP),
		fmt.Sprintf("SPANWARDEN_HEALTH_PORT=%d", p.health),
		fmt.Sprintf("SPANWARDEN_METRICS_PORT=%d", p.metrics),
		fmt.Sprintf("SPANWARDEN_TELEMETRY_PORT=%d", p.telemetry),
		fmt.Sprintf("SPANWARDEN_SPARE_PORT=%d", p.spare),
	}
}

func freePorts() (ports, error) {
	var p ports
	for _, port := range []*int{&p.otlpGRPC, &p.otlpHTTP, &p.health, &p.metrics, &p.telemetry, &p.spare} {
		free, err := freePort()
		if err != nil {
			return ports{}, err
		}
		*port = free
	}
	return p, nil
}

var (
	takenMu sync.Mutex
	taken   = map[int]bool{}
)

// freePort finds a port that nobody listens on and never gives the same one twice, so that parallel tests keep apart.
// It stays below the ranges from which systems take the ports of outgoing connections, so that none of those gets in
// between here and the moment when the Collector listens.
func freePort() (int, error) {
	const first, last, attempts = 15000, 32000, 100
	takenMu.Lock()
	defer takenMu.Unlock()
	for range attempts {
		port := first + rand.IntN(last-first)
		if taken[port] {
			continue
		}
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			return 0, err
		}
		taken[port] = true
		return port, nil
	}
	return 0, fmt.Errorf("no free port among %d tried", attempts)
}
