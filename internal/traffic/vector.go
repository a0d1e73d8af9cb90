package traffic

import (
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Role says what a vector describes.
type Role uint8

// The roles.
const (
	Client   Role = iota // one client of the service
	Total                // the whole service
	Overflow             // all clients beyond the cap, together
)

// Endpoint is a method and a route.
type Endpoint struct{ Method, Route string }

// String is the endpoint as people write it, "GET /orders/{id}".
func (e Endpoint) String() string {
	switch {
	case e.Method == "":
		return e.Route
	case e.Route == "":
		return e.Method
	}
	return e.Method + " " + e.Route
}

// OtherEndpoint stands for the endpoints beyond MaxEndpoints.
var OtherEndpoint = Endpoint{Route: "(other endpoints)"}

// Exemplar is a call that stands for the others of its entity.
type Exemplar struct {
	TraceID pcommon.TraceID
	SpanID  pcommon.SpanID
}

// Vector is what one entity did in one window. Features that are absent are
// NaN, never 0: inter_api_access of a single call, data_out where no call tells
// its size, database figures of a client.
type Vector struct {
	Service string
	Client  string // empty for the total, and for calls whose client is unknown
	Role    Role
	Start   time.Time // of the window, UTC, aligned to its length

	InterAPIAccess  float64 // median gap between consecutive requests, s
	APIAccessUnique float64 // distinct endpoints / calls, (0, 1]; absent without calls
	TotalCalls      int64
	MaxAPICall      int64    // calls to the most called endpoint
	MaxAPIEndpoint  Endpoint // that endpoint
	DataOut         float64  // response bytes, By
	Sized           int64    // calls that told their response size
	NumFailed       int64    // 4xx
	NumServerFailed int64    // 5xx

	DistinctEndpoints int64
	Endpoints         Sketch    // of the distinct endpoints, all beyond MaxEndpoints as one
	Resources         Sketch    // of the distinct raw paths; not of the total
	FirstCall         time.Time // of the first request, UTC; the zero time without calls
	SessionLength     float64   // first to last request, s
	Addresses         int64     // Overflow: estimate of the clients it stands for

	DBStatements   float64 // Total only
	DBReturnedRows float64 // Total only; absent if no statement told
	DBTime         float64 // Total only, s

	// Direct is how many calls came without a parent span: nobody traced
	// before made them.
	Direct int64
	// Sampled says that InterAPIAccess is the median of a sample: of the first
	// 1/2^Sampled of each eighth of the window. 0 means all gaps.
	Sampled int
	// TimesLost says that max_timestamps was spent: InterAPIAccess leaves out
	// some requests.
	TimesLost bool
	// Truncated says that DistinctEndpoints is a lower bound.
	Truncated bool

	Exemplars [2]Exemplar // the first and a late call; zero ids in access logs, the second zero if there is only one call
}

// absent marks a feature that has no value.
var absent = math.NaN()

// OverflowClient is the name that the overflow goes by in alarms.
const OverflowClient = "(clients beyond max_clients)"
