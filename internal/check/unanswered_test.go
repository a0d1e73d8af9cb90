package check

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/invariant"
)

// asks is an HTTP client span.
func (s scene) asks(id, parent uint64, url string) {
	m := s.add(ptrace.SpanKindClient, 1, id, parent, 2)
	m.PutStr("http.request.method", "POST")
	m.PutStr("url.full", url)
}

func (s scene) answers(id, parent uint64, route string) {
	m := s.add(ptrace.SpanKindServer, 1, id, parent, 3)
	m.PutStr("http.request.method", "POST")
	m.PutStr("http.route", route)
	m.PutInt("http.response.status_code", 200)
}

// An HTTP client span tells of a child call also where that was not seen.
func TestACallOutToWhereNoSpansComeFromIsNotTakenForNone(t *testing.T) {
	const (
		posted   = `calls.exists(c, c.route == "/postings")`
		complete = `calls.complete.exists(c, c.route == "/postings")`
		priced   = `calls.exists(c, c.route == "/prices")`
		noPrices = `calls.all(c, c.route != "/prices")`
		noOther  = `calls.all(c, c.route == "/prices")`
	)
	const holds, violated, unobserved = "holds", "violated", "unobserved"
	answered := func(s scene) { s.answers(5, 4, "/postings") }
	elsewhere := func(s scene) { s.answers(5, 4, "/audits") }
	for _, test := range []struct {
		name, check string
		more        func(scene) // besides an answered POST /prices and a client span of POST /postings
		want        string
	}{
		{"unanswered", posted, nil, unobserved},
		{"unanswered, complete", complete, nil, violated},
		{"unanswered, decided by what was seen", priced, nil, holds},
		{"unanswered, violated by what was seen", noPrices, nil, violated},
		{"unanswered, may be another", noOther, nil, unobserved},
		{"answered", posted, answered, holds},
		{"answered, complete", complete, answered, holds},
		{"answered, decided by what was seen", priced, answered, holds},
		{"answered, another is known", noOther, answered, violated},
		{"answered by another", posted, elsewhere, violated},
		{"a link is no call", posted, func(s scene) {
			s.add(ptrace.SpanKindInternal, 1, 7, 1, 4).PutStr("url.full", "http://account/postings")
			elsewhere(s)
		}, violated},
		{"a statement is no call, also where the database is reached over HTTP", posted, func(s scene) {
			m := s.add(ptrace.SpanKindClient, 1, 7, 1, 4)
			m.PutStr("db.system.name", "elasticsearch")
			m.PutStr("http.request.method", "POST")
			m.PutStr("url.full", "http://search/orders/_search")
			elsewhere(s)
		}, violated},
		{"no HTTP, no call", posted, func(s scene) {
			s.add(ptrace.SpanKindClient, 1, 7, 1, 4).PutStr("messaging.system", "kafka")
			elsewhere(s)
		}, violated},
		{"a child's call out is not its caller's", posted, func(s scene) {
			elsewhere(s)
			s.asks(7, 3, "http://rates.example/today")
		}, violated},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := checker(t, DefaultSettings(), rule{"it", "GET /orders", test.check})
			td, s := newScene()
			s.call(1, 1, 0, 1)
			s.asks(2, 1, "http://stock/prices")
			s.answers(3, 2, "/prices")
			s.asks(4, 1, "http://account/postings")
			if test.more != nil {
				test.more(s)
			}
			c.Read(td)
			judged(t, c)
			assert.Equal(t, test.want, outcome(&c.Tallies()[0]))
		})
	}
}

// outcome is that of a rule about one call.
func outcome(t *Tally) string {
	switch calls, reason := t.NotApplicable(); {
	case t.Held+t.Violated+calls != 1:
		return "not judged once"
	case t.Held == 1:
		return "holds"
	case t.Violated == 1:
		return "violated"
	case reason == invariant.Unobserved:
		return "unobserved"
	}
	return "not applicable otherwise"
}
