package apicall

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Kind is what a span or a log record turned out to be.
type Kind uint8

const (
	// None is neither; pass it by.
	None Kind = iota
	// APICall is an HTTP server span or an access-log record.
	APICall
	// DBStatement is a database client span.
	DBStatement
	// Malformed is a log record that has the shape of an access log but cannot be read. Spans are never malformed.
	Malformed
)

// String returns the kind's name, for test failures and logs.
func (k Kind) String() string {
	switch k {
	case None:
		return "none"
	case APICall:
		return "api call"
	case DBStatement:
		return "db statement"
	case Malformed:
		return "malformed"
	}
	return "unknown"
}

// Call is one API call. Its strings are valid until the next read with the same [Scratch], or until the batch that
// it was read from is released, whichever comes first: clone what is to be kept.
type Call struct {
	// Start and End are in ns since the epoch, Start <= End. The line of an access log has one time, which stands
	// for both.
	Start, End int64
	// Method is the HTTP method, "" when unknown, "_OTHER" when it is none that HTTP or WebDAV defines: a caller
	// may write anything there.
	Method string
	// Route is http.route, else the path templated by [AppendRoute]; at most [MaxRouteBytes]. It is "" only when
	// there is no path at all.
	Route string
	// RouteGiven is true if http.route was present.
	RouteGiven bool
	// Path is the raw path without query and fragment, of any length. A path out of the line of an access log has
	// the escapes that the server wrote (\x22, \").
	Path string
	// Client is the value of the client key, at most [MaxClientBytes] of printable text; "" when unknown.
	Client string
	// Peer is the address at the other end of the connection, bounded like Client; "" when absent.
	Peer string
	// UserAgent is the client's own description of itself, of any length.
	UserAgent string
	// Status is the HTTP status code, 100 to 999; 0 when unknown.
	Status int
	// ResponseSize is the size of the response body in By; -1 when absent.
	ResponseSize int64
	// HasParent is true if the span has a parent span. The caller of an API decides this, as it supplies traceparent.
	HasParent bool
	// Forwarded is true if Client is an address that was forwarded rather than seen: taken from x-forwarded-for, or
	// other than Peer where Peer is known. It is false for a client key that is no address.
	Forwarded bool

	TraceID pcommon.TraceID
	SpanID  pcommon.SpanID
}

// Statement is one database statement. The strings point into the span and are valid as long as its batch.
type Statement struct {
	// Start and End are in ns since the epoch, Start <= End.
	Start, End int64
	// Rows is the number of rows that the statement returned; -1 when absent.
	Rows int64

	TraceID pcommon.TraceID
	SpanID  pcommon.SpanID

	// System, Operation, Collection and Text are db.system.name, db.operation.name, db.collection.name and
	// db.query.text. [Reader.Span] reads System only; [Reader.StatementText] reads all four.
	System, Operation, Collection, Text string
}
