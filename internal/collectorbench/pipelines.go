package main

import "fmt"

// pipeline is one way to spend time on spans.
type pipeline struct {
	name       string
	components string // YAML of processors and connectors
	service    string // YAML of the pipelines, given the receiver otlp and the exporter nop
}

// Places of two pipelines in the list.
const (
	apiTraffic  = 2
	spanMetrics = 3
)

var pipelines = []pipeline{
	{
		name:    "nothing",
		service: "traces: {receivers: [otlp], exporters: [nop]}",
	},
	{
		name:       "forward",
		components: "connectors: {forward: {}}",
		service:    "{traces: {receivers: [otlp], exporters: [forward]}, traces/b: {receivers: [forward], exporters: [nop]}}",
	},
	apiTraffic: {
		name:       "api_traffic",
		components: "processors: {api_traffic: {}}",
		service:    "traces: {receivers: [otlp], processors: [api_traffic], exporters: [nop]}",
	},
	spanMetrics: {
		name:       "span_metrics",
		components: "connectors: {span_metrics: {}}",
		service:    "{traces: {receivers: [otlp], exporters: [span_metrics, nop]}, metrics: {receivers: [span_metrics], exporters: [nop]}}",
	},
}

// telemetry is the Collector's own, as it is by default but for the port.
const telemetry = "{metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: %d}}}}]}, logs: {level: error}}"

// configs are the arguments that make the Collector run the pipeline.
func (p pipeline) configs(at ports) []string {
	args := []string{
		"--config", fmt.Sprintf("yaml:receivers: {otlp: {protocols: {grpc: {endpoint: '127.0.0.1:%d'}}}}", at.grpc),
		"--config", "yaml:exporters: {nop: {}}",
		"--config", fmt.Sprintf("yaml:extensions: {health_check: {endpoint: '127.0.0.1:%d'}}", at.health),
		"--config", fmt.Sprintf("yaml:service: {extensions: [health_check], telemetry: "+telemetry+"}", at.telemetry),
		"--config", fmt.Sprintf("yaml:service: {pipelines: %s}", braced(p.service)),
	}
	if p.components != "" {
		args = append(args, "--config", "yaml:"+p.components)
	}
	return args
}

func braced(service string) string {
	if service[0] == '{' {
		return service
	}
	return "{" + service + "}"
}
