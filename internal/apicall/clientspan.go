package apicall

import "go.opentelemetry.io/collector/pdata/ptrace"

// IsHTTPClient tells whether a span is of kind CLIENT and of a call over HTTP, by any of the attributes that the
// semantic conventions require there, which are or once were http.request.method, http.method, url.full and http.url. A
// database that is reached over HTTP has them, too: ask [Reader.Span] first, which knows a [DBStatement].
func IsHTTPClient(span ptrace.Span) bool {
	if span.Kind() != ptrace.SpanKindClient {
		return false
	}
	for k := range span.Attributes().All() {
		switch len(k) { // most keys are none of these, and their lengths are at hand
		case len("http.request.method"):
			if k == "http.request.method" {
				return true
			}
		case len("http.method"):
			if k == "http.method" {
				return true
			}
		case len("url.full"): // and of http.url
			if k == "url.full" || k == "http.url" {
				return true
			}
		}
	}
	return false
}
