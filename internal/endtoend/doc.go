// Package endtoend tests the Collector distribution as its users run it: the binary that `make build` makes, started as a
// process on a YAML configuration, fed over OTLP, and judged by what its exporters wrote.
//
// The package holds tests only. Its harness:
//
//   - startCollector runs the binary on free loopback ports and waits until it is healthy; the Collector's methods
//     reload it, stop it, send to it, and read its log, its output files and its metrics.
//   - The configurations take ports and folders from the environment (see ports and dataDir), so that the files under
//     testdata/collector, which are also those of `make run`, are tested unchanged. An overlay adds what a test needs
//     to see, such as a file exporter behind a pipeline.
//
// Without the binary the tests fail and say so; those that look into a real Jaeger or Prometheus are skipped where that is
// missing. Under `go test -short` all are skipped.
package endtoend
