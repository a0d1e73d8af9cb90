package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spanwarden/spanwarden/internal/sampletraffic"
)

// pipeline is one way to spend time on spans.
type pipeline struct {
	name       string
	components string // YAML of processors and connectors
	service    string // YAML of the pipelines, given the receiver otlp and the exporter nop
}

// set is what is measured together, beside a pipeline without any of it.
type set struct {
	pipelines []pipeline
	ours      []int // places of ours
	theirs    []int // places of what they are held against
	optIns    bool  // spans with users, bodies and parameters
}

var nothing = pipeline{
	name:    "nothing",
	service: "traces: {receivers: [otlp], exporters: [nop]}",
}

// sets by their names.
var sets = map[string]func() (set, error){
	"traffic": func() (set, error) {
		return set{
			pipelines: []pipeline{
				nothing,
				{
					name:       "forward",
					components: "connectors: {forward: {}}",
					service:    "{traces: {receivers: [otlp], exporters: [forward]}, traces/b: {receivers: [forward], exporters: [nop]}}",
				},
				processor("api_traffic", "api_traffic", "{}"),
				{
					name:       "span_metrics",
					components: "connectors: {span_metrics: {}}",
					service:    "{traces: {receivers: [otlp], exporters: [span_metrics, nop]}, metrics: {receivers: [span_metrics], exporters: [nop]}}",
				},
			},
			ours: []int{2}, theirs: []int{3},
		}, nil
	},
	"invariants": invariants,
}

// invariants measures api_invariant with several rule books beside the processors that keep traces.
func invariants() (set, error) {
	s := set{pipelines: []pipeline{nothing}, optIns: true}
	folder, err := filepath.Abs("var/collectorbench")
	if err != nil {
		return s, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return s, err
	}
	for _, rules := range []int{10, 100, 1000} {
		file := filepath.Join(folder, fmt.Sprintf("rules%d.yaml", rules))
		if err := os.WriteFile(file, []byte(sampletraffic.Rules(rules)), 0o600); err != nil {
			return s, err
		}
		s.ours = append(s.ours, len(s.pipelines))
		s.pipelines = append(s.pipelines, processor(fmt.Sprintf("%d rules", rules), "api_invariant", fmt.Sprintf("{rules: ['%s']}", file)))
	}
	s.theirs = []int{len(s.pipelines), len(s.pipelines) + 1}
	s.pipelines = append(s.pipelines,
		processor("tail_sampling", "tail_sampling", "{decision_wait: 10s, policies: [{name: all, type: always_sample}]}"),
		processor("groupbytrace", "groupbytrace", "{wait_duration: 10s, num_traces: 1000000}"))
	return s, nil
}

// processor is a pipeline with one processor.
func processor(name, component, config string) pipeline {
	return pipeline{
		name:       name,
		components: fmt.Sprintf("processors: {%s: %s}", component, config),
		service:    fmt.Sprintf("traces: {receivers: [otlp], processors: [%s], exporters: [nop]}", component),
	}
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
