//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml

// Package apibaselineexporter is the api_baseline exporter, the end of a pipeline of normal traffic: it assembles traces,
// learns from them what is usual, and writes that into files - a rule book, the references that its rules read, a report,
// and feature rows to train models on.
package apibaselineexporter
