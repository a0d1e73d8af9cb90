//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml

// Package apiinvariantprocessor is the api_invariant processor: it passes every
// batch on untouched, judges the API calls in it by rules - some at once, some
// when the spans beneath a call are in - and emits each violation as additional
// telemetry of the same signal.
package apiinvariantprocessor
