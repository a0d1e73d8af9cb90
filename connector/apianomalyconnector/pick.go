package apianomalyconnector

import (
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// eachSpan calls f for every span under a processor's scope. Of all the others it reads no more than the scope's name.
func eachSpan(td ptrace.Traces, f func(ptrace.Span)) {
	resources := td.ResourceSpans()
	for i := range resources.Len() {
		scopes := resources.At(i).ScopeSpans()
		for j := range scopes.Len() {
			scope := scopes.At(j)
			if !anomaly.FromProcessor(scope.Scope().Name()) {
				continue
			}
			for k := range scope.Spans().Len() {
				f(scope.Spans().At(k))
			}
		}
	}
}

// eachRecord is eachSpan for log records.
func eachRecord(ld plog.Logs, f func(plog.LogRecord)) {
	resources := ld.ResourceLogs()
	for i := range resources.Len() {
		scopes := resources.At(i).ScopeLogs()
		for j := range scopes.Len() {
			scope := scopes.At(j)
			if !anomaly.FromProcessor(scope.Scope().Name()) {
				continue
			}
			for k := range scope.LogRecords().Len() {
				f(scope.LogRecords().At(k))
			}
		}
	}
}
