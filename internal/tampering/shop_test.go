package tampering

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// shop makes the traces of a small shop: people look at their orders and pay them, once each.
type shop struct {
	rng    *rand.Rand
	now    int64
	traces []ptrace.Traces
	orders map[string][]order // by user
}

type order struct {
	id    string
	total float64
	paid  bool
}

var (
	people = []string{"8a4ff1f2-0e3c-4a58-9d5e-000000000001", "8a4ff1f2-0e3c-4a58-9d5e-000000000002", "8a4ff1f2-0e3c-4a58-9d5e-000000000003"}
	towns  = []string{"Arles", "Bonn", "Cork", "Delft"}
)

// newShop plays so many visits.
func newShop(visits int) *shop {
	s := &shop{rng: rand.New(rand.NewPCG(1, 1)), now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC).UnixNano(), orders: make(map[string][]order)}
	for i := range visits {
		s.visit(people[i%len(people)])
	}
	return s
}

func (s *shop) visit(user string) {
	s.search(user)
	s.orders[user] = append(s.orders[user], order{id: s.uuid(), total: float64(10+s.rng.IntN(90)) + 0.5})
	s.list(user)
	last := &s.orders[user][len(s.orders[user])-1]
	s.pay(user, last)
	s.list(user)
}

func (s *shop) uuid() string {
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", s.rng.Uint32(), s.rng.IntN(1<<16), s.rng.IntN(1<<12), s.rng.IntN(1<<12), s.rng.Int64N(1<<48))
}

// trace begins a trace, a second after the last one.
func (s *shop) trace() *made {
	s.now += int64(time.Second)
	m := &made{shop: s, td: ptrace.NewTraces()}
	binary.BigEndian.PutUint64(m.id[:8], s.rng.Uint64()|1)
	s.traces = append(s.traces, m.td)
	return m
}

type made struct {
	shop *shop
	td   ptrace.Traces
	id   pcommon.TraceID
	n    uint64
}

// span adds a span under another one; the zero id is none.
func (m *made) span(service string, kind ptrace.SpanKind, parent pcommon.SpanID, attributes map[string]any) pcommon.SpanID {
	rs := m.td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", service)
	span := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	var id pcommon.SpanID
	binary.BigEndian.PutUint64(id[:], m.shop.rng.Uint64()|1)
	span.SetTraceID(m.id)
	span.SetSpanID(id)
	span.SetParentSpanID(parent)
	span.SetKind(kind)
	span.SetStartTimestamp(pcommon.Timestamp(m.shop.now + int64(m.n)*1000))
	span.SetEndTimestamp(pcommon.Timestamp(m.shop.now + 50_000_000 - int64(m.n)*1000))
	m.n++
	if err := span.Attributes().FromRaw(attributes); err != nil {
		panic(err)
	}
	return id
}

func (m *made) call(service, user string, parent pcommon.SpanID, method, route, path, query, request, response string) pcommon.SpanID {
	attributes := map[string]any{
		"http.request.method": method, "http.route": route, "url.path": path, "http.response.status_code": 200,
	}
	for name, value := range map[string]string{
		"user.id": user, "url.query": query, "http.request.body.content": request, "http.response.body.content": response,
	} {
		if value != "" {
			attributes[name] = value
		}
	}
	return m.span(service, ptrace.SpanKindServer, parent, attributes)
}

func (s *shop) search(user string) {
	from := s.rng.IntN(len(towns))
	to := (from + 1 + s.rng.IntN(len(towns)-1)) % len(towns)
	day := time.Unix(0, s.now).UTC().AddDate(0, 0, s.rng.IntN(5)).Format(time.DateOnly)
	found := `{"trips": []}`
	if s.rng.IntN(3) > 0 {
		found = fmt.Sprintf(`{"trips": [{"from": %q, "to": %q}]}`, towns[from], towns[to])
	}
	s.trace().call("shop", user, pcommon.SpanID{}, "POST", "/search", "/search", "page=1",
		fmt.Sprintf(`{"from": %q, "to": %q, "day": %q, "seats": %d}`, towns[from], towns[to], day, 1+s.rng.IntN(3)), found)
}

func (s *shop) list(user string) {
	var rows []string
	for _, o := range s.orders[user] {
		rows = append(rows, fmt.Sprintf(`{"id": %q, "owner": %q, "total": %v}`, o.id, user, o.total))
	}
	s.trace().call("shop", user, pcommon.SpanID{}, "GET", "/people/{personId}/orders", "/people/"+user+"/orders", "", "", `{"orders": [`+strings.Join(rows, ", ")+`]}`)
}

// pay pays an order: the shop asks for it, charges it and writes that down.
func (s *shop) pay(user string, o *order) {
	m := s.trace()
	front := m.call("shop", user, pcommon.SpanID{}, "POST", "/pay", "/pay", "",
		fmt.Sprintf(`{"orderId": %q, "amount": %v, "method": "card"}`, o.id, o.total), fmt.Sprintf(`{"paid": %v, "for": %q}`, o.total, o.id))
	client := m.span("shop", ptrace.SpanKindClient, front, map[string]any{"http.request.method": "GET", "url.full": "http://orders/orders/" + o.id})
	asked := m.call("orders", user, client, "GET", "/orders/{id}", "/orders/"+o.id, "", "",
		fmt.Sprintf(`{"id": %q, "owner": %q, "total": %v}`, o.id, user, o.total))
	m.span("orders", ptrace.SpanKindClient, asked, map[string]any{
		"db.system.name": "postgresql", "db.query.text": "SELECT id, owner, total FROM orders WHERE id = $1", "db.query.parameter.0": o.id,
	})
	m.call("bank", user, front, "POST", "/charges", "/charges", "", fmt.Sprintf(`{"reference": %q, "amount": %v}`, o.id, o.total), `{"ok": true}`)
	o.paid = true
}

// all are the traces of the shop.
func (s *shop) all(t *testing.T) []Trace {
	t.Helper()
	traces := Group(s.traces...)
	require.Len(t, traces, len(s.traces))
	return traces
}

// played are a survey of 60 visits, all traces, and those that are judged.
func played(t *testing.T) (*Survey, []Trace, []Trace) {
	t.Helper()
	traces := newShop(60).all(t)
	_, judge := Split(traces, 0.5)
	return NewSurvey(traces), traces, judge
}
