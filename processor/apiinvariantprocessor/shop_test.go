package apiinvariantprocessor

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/outbox"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/snapshot"
)

// shopReferences are where calls of the shop show what there is, shopRules what must hold of it.
const (
	shopReferences = `
version: 1
references:
  - name: products
    from:
      - {api: GET /products, at: "resp.body[]", key: id, fields: {price: price}}
      - {api: "PUT /products/{id}", key: req.path.id, fields: {price: req.body.price}}
  - name: orders
    from:
      - {api: POST /orders, key: resp.body.id, fields: {status: resp.body.status, product: req.body.product}}
      - {api: "POST /orders/{id}/payment", key: req.path.id, fields: {status: resp.body.status}}
      - {table: orders, key: id, fields: {owner: user_id}}
`
	shopRules = `invariants:
  - {id: price-as-shown, api: POST /orders, check: 'row("products", req.body.product).price == req.body.price'}
  - {id: paid-once, api: "POST /orders/{id}/payment", check: 'row("orders", req.path.id).status != "paid"'}
  - {id: paid-by-owner, api: "POST /orders/{id}/payment", check: 'same(row("orders", req.path.id).owner, env.user.id)'}
  - {id: paid-after-look, api: "POST /orders/{id}/payment", check: 'has(earlier("GET /products").call.start)'}
  - {id: looked-at, api: "GET /orders/{id}", check: 'shown("orders", req.path.id)'}
  - {id: quoted, api: "GET /quote/{id}", check: 'row("products", req.path.id).price == resp.body.price'}
  - {id: no-failure, api: "*", check: call.status < 500}
  - {id: no-deletion, api: "*", check: 'db.all(s, s.op != "DELETE")'}
`
)

// shop makes traffic: each action is a trace of a gateway and the service behind it.
type shop struct {
	random *rand.Rand
	pause  func(*rand.Rand) time.Duration // between the starts of actions
	at     time.Duration                  // since noon
	traces int
	prices [10]int
	orders []int // users by order
	spans  []shopSpan
}

// shopSpan is one with its end.
type shopSpan struct {
	service string
	end     time.Duration
	feeds   bool // or has to do with what does
	ptrace.Span
}

func newShop(seed uint64) *shop {
	s := &shop{random: rand.New(rand.NewPCG(seed, 1)), pause: ease}
	for i := range s.prices {
		s.prices[i] = 10 + i
	}
	return s
}

func (s *shop) span(service string, trace, id, parent int, kind ptrace.SpanKind, start, length time.Duration, feeds bool) pcommon.Map {
	span := ptrace.NewSpan()
	span.SetTraceID(traceID(trace))
	span.SetSpanID(spanID(id))
	span.SetParentSpanID(spanID(parent))
	span.SetKind(kind)
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(noon.Add(start)))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(noon.Add(start + length)))
	s.spans = append(s.spans, shopSpan{service, start + length, feeds, span})
	return span.Attributes()
}

func traceID(n int) (id pcommon.TraceID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

// call is a trace of a call by a user and what it leads to; it ends within a second.
func (s *shop) call(user int, method, route, path string, status int, request, response string, statements ...string) {
	s.traces++
	length := time.Duration(1+s.random.IntN(900)) * time.Millisecond
	s.trace(user, length, method, route, path, status, request, response, statements...)
	s.at += s.pause(s.random)
}

// hurry is people who do not wait for each other, ease lets each action come to its end.
func hurry(r *rand.Rand) time.Duration { return time.Duration(r.IntN(700)) * time.Millisecond }
func ease(*rand.Rand) time.Duration    { return time.Second }

func (s *shop) trace(user int, length time.Duration, method, route, path string, status int, request, response string, statements ...string) {
	feeds := route != "/quote/{id}"
	for id, service := range []string{"gateway", "shop"} {
		api := route
		if service == "gateway" {
			api = "/public" + route
		}
		m := s.span(service, s.traces, id+1, id, ptrace.SpanKindServer, s.at+length*time.Duration(id)/8, length-length*time.Duration(id)/4, feeds)
		m.PutStr("http.request.method", method)
		m.PutStr("http.route", api)
		m.PutStr("url.path", path)
		m.PutInt("http.response.status_code", int64(status))
		m.PutStr("user.id", fmt.Sprint(user))
		m.PutStr("session.id", fmt.Sprintf("%d-%d", user, int(s.at/time.Minute)))
		m.PutStr("http.request.body.content", request)
		m.PutStr("http.response.body.content", response)
	}
	for i, sql := range statements {
		m := s.span("shop", s.traces, 3+i, 2, ptrace.SpanKindClient, s.at+length/4, length/4, true)
		m.PutStr("db.system.name", "postgresql")
		m.PutStr("db.query.text", sql)
	}
}

func (s *shop) look(user int) {
	var products []string
	for i, price := range s.prices {
		products = append(products, fmt.Sprintf(`{"id": %d, "price": %d}`, i, price))
	}
	s.call(user, "GET", "/products", "/products", 200, "", "["+strings.Join(products, ",")+"]")
}

func (s *shop) order(user, product, price int, statements ...string) (id int) {
	s.orders = append(s.orders, user)
	id = 999 + len(s.orders)
	statements = append(statements, fmt.Sprintf("INSERT INTO orders (id, user_id) VALUES (%d, %d)", id, user))
	s.call(user, "POST", "/orders", "/orders", 201, fmt.Sprintf(`{"product": %d, "price": %d}`, product, price), fmt.Sprintf(`{"id": %d, "status": "open"}`, id), statements...)
	return id
}

func (s *shop) pay(user, order, status int) {
	s.call(user, "POST", "/orders/{id}/payment", fmt.Sprintf("/orders/%d/payment", order), status, "", `{"status": "paid"}`)
}

func (s *shop) get(user, order int) {
	s.call(user, "GET", "/orders/{id}", fmt.Sprintf("/orders/%d", order), 200, "", "")
}

func (s *shop) quote(user, product int) {
	s.call(user, "GET", "/quote/{id}", fmt.Sprintf("/quote/%d", product), 200, "", fmt.Sprintf(`{"price": %d}`, s.prices[product]+s.random.IntN(2)))
}

func (s *shop) change(product, price int) {
	s.prices[product] = price
	s.call(0, "PUT", "/products/{id}", fmt.Sprintf("/products/%d", product), 200, fmt.Sprintf(`{"price": %d}`, price), "")
}

// day is that many things that people do, some of them forbidden.
func (s *shop) day(actions int) {
	r := s.random
	s.pause = hurry
	for range actions {
		user, product, order := r.IntN(8), r.IntN(len(s.prices)), 1000
		if len(s.orders) > 0 {
			order += r.IntN(len(s.orders))
		}
		switch r.IntN(14) {
		case 0, 1:
			s.look(user)
		case 2, 3:
			s.order(user, product, s.prices[product])
		case 4:
			s.order(user, product, 1)
		case 5, 6, 7:
			s.pay(user, order, []int{200, 200, 402}[r.IntN(3)])
		case 8:
			s.pay(user, order, 500)
		case 9:
			s.change(product, 10+r.IntN(90))
		case 10:
			s.order(user, product, s.prices[product], "DELETE FROM audit")
		case 11, 12:
			s.get(user, order)
		default:
			s.quote(user, product)
		}
	}
}

// arriving are spans in the order in which they come, each so long after its end.
type arriving struct {
	at time.Duration
	shopSpan
}

func (s *shop) arriving(delay func(*shopSpan) time.Duration) []arriving {
	var all []arriving
	for i := range s.spans {
		all = append(all, arriving{s.spans[i].end + delay(&s.spans[i]), s.spans[i]})
	}
	slices.SortStableFunc(all, func(a, b arriving) int { return cmp.Compare(a.at, b.at) })
	return all
}

func batchOf(spans ...arriving) ptrace.Traces {
	td := ptrace.NewTraces()
	for _, a := range spans {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", a.service)
		a.CopyTo(rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty())
	}
	return td
}

// shopConfig has the rules of the shop, and limits that nothing comes near to.
func shopConfig(t testing.TB, more ...string) *Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop.yaml")
	text := shopReferences + shopRules + strings.Join(more, "")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	cfg := createDefaultConfig().(*Config)
	cfg.Rules = []string{path}
	cfg.References.CompleteAfter = 3 * time.Second
	cfg.Limits.MaxPerRuleAndCaller = 1 << 20
	cfg.QueueSize = 10_000
	return cfg
}

// outcome is what the rules said of the shop's traffic.
type outcome struct {
	violations []string          // "trace/span rule"
	tallies    map[string][3]int // by rule: held, violated, not applicable
}

// checked is the outcome offline.
func checked(t testing.TB, cfg *Config, s *shop) outcome {
	t.Helper()
	compiled, err := cfg.compile()
	require.NoError(t, err)
	settings := check.DefaultSettings()
	settings.Bodies = apicall.BodyNames{Request: cfg.RequestBodyAttributes, Response: cfg.ResponseBodyAttributes}
	settings.References, err = reference.New(compiled.earlier)
	require.NoError(t, err)
	c, err := check.New(compiled.loaded.book, settings)
	require.NoError(t, err)
	c.Read(batchOf(s.arriving(func(*shopSpan) time.Duration { return 0 })...))
	o := outcome{tallies: make(map[string][3]int)}
	require.NoError(t, c.Judge(context.Background(), func(v *check.Violation) error {
		o.violations = append(o.violations, v.TraceID+"/"+v.SpanID+" "+v.Invariant)
		return nil
	}))
	sort.Strings(o.violations)
	for _, tally := range c.Tallies() {
		not, _ := tally.NotApplicable()
		o.tallies[tally.Rule.ID] = [3]int{tally.Held, tally.Violated, not}
	}
	return o
}

// stage is a processor whose clock and whose goroutine are the test's.
type stage struct {
	*tracesProcessor
	t    testing.TB
	sink *consumertest.TracesSink
	in   *intake
	at   time.Duration // since noon
	age  time.Duration // of what arrives, as of a recording that is played

	settledOnce func()
}

func newStage(t testing.TB, cfg *Config, set processor.Settings) *stage {
	t.Helper()
	return newStageOn(t, cfg, set, componenttest.NewNopHost())
}

func newStageOn(t testing.TB, cfg *Config, set processor.Settings, host component.Host) *stage {
	t.Helper()
	s := &stage{t: t, sink: new(consumertest.TracesSink)}
	p, err := NewFactory().CreateTraces(context.Background(), set, cfg, s.sink)
	require.NoError(t, err)
	s.tracesProcessor = p.(*tracesProcessor)
	s.now = func() time.Time { return noon.Add(s.at + s.age) }
	s.origin = noon
	s.rules.begin()
	s.storage, err = snapshot.Open(context.Background(), host, cfg.Storage, s.id, s.signal)
	require.NoError(t, err)
	require.NoError(t, s.remember(context.Background()))
	s.outbox = outbox.New(cfg.QueueSize, s.send, s.lost)
	s.release = func() {}
	s.in = newIntake(s.watch)
	return s
}

// to lets time pass.
func (s *stage) to(at time.Duration) {
	step := min(max(s.config.Settle/ticks, leastTick), mostTick)
	for s.at+step < at {
		s.at += step
		s.settled(s.in, s.clock())
		if s.settledOnce != nil {
			s.settledOnce()
		}
	}
	s.at = max(s.at, at)
}

// play sends spans when it is their time.
func (s *stage) play(spans []arriving) {
	s.t.Helper()
	for len(spans) > 0 {
		n := 1
		for n < len(spans) && spans[n].at-spans[0].at < 5*time.Millisecond {
			n++
		}
		s.to(spans[n-1].at)
		require.NoError(s.t, s.ConsumeTraces(context.Background(), batchOf(spans[:n]...)))
		spans = spans[n:]
	}
}

// soon plays what a shop did, each span half a second after its end.
func (s *stage) soon(all *shop) {
	s.t.Helper()
	s.play(all.arriving(func(*shopSpan) time.Duration { return time.Second / 2 }))
	all.spans = nil
}

func (s *stage) stop() outcome {
	s.t.Helper()
	require.NoError(s.t, s.Shutdown(context.Background()))
	o := outcome{tallies: make(map[string][3]int)}
	s.rules.each(func(rule string, t *tally) {
		o.tallies[rule] = [3]int{int(t.held.Load()), int(t.violated.Load()), int(t.outcome(0))}
	})
	b := bench{sink: s.sink}
	for _, span := range b.violations() {
		o.violations = append(o.violations, span.TraceID().String()+"/"+span.ParentSpanID().String()+" "+attr(span, "security_rule.name"))
	}
	sort.Strings(o.violations)
	return o
}

// of is what a rule said: held, violated, not applicable.
func (o *outcome) of(rule string) [3]int { return o.tallies[rule] }

func nopSettings() processor.Settings { return settingsOf(componenttest.NewNopTelemetrySettings()) }
