// Package apianomalyconnector is the api_anomaly connector: it takes the anomalies that Spanwarden's processors put
// into a span or log stream out of it again, as log records and as a metric.
//
// It looks at instrumentation scope names and at nothing else, so a batch without anomalies costs next to nothing.
// It only ever observes: whatever happens to what it emits, the batch that it read goes on as if it were not there.
package apianomalyconnector

//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml
