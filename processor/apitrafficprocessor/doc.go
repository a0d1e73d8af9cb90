//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml

// Package apitrafficprocessor is the api_traffic processor: it passes every
// batch on untouched, keeps windows of API traffic, judges them, and emits what
// it finds as additional telemetry of the same signal.
package apitrafficprocessor
