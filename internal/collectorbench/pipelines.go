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

// configs are the arguments that make the Collector run the pipeline.
func (p pipeline) configs(grpc, health int) []string {
	args := []string{
		"--config", fmt.Sprintf("yaml:receivers: {otlp: {protocols: {grpc: {endpoint: '127.0.0.1:%d'}}}}", grpc),
		"--config", "yaml:exporters: {nop: {}}",
		"--config", fmt.Sprintf("yaml:extensions: {health_check: {endpoint: '127.0.0.1:%d'}}", health),
		"--config", "yaml:service: {extensions: [health_check], telemetry: {metrics: {level: none}}}",
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
