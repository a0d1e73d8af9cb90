package check

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// shop are rules about orders: paid ones are not paid again, and whoever pays one has seen it.
const shop = `
version: 1
references:
  - name: orders
    from:
      - api: POST /orders
        key: resp.body.id
        fields: {status: resp.body.status}
      - api: POST /orders/{id}/pay
        key: req.path.id
        fields: {status: resp.body.status}
      - table: orders
        key: id
        fields: {owner: user_id}
invariants:
  - id: paid-once
    api: POST /orders/{id}/pay
    check: row("orders", req.path.id).status != "paid"
  - id: paid-by-owner
    api: POST /orders/{id}/pay
    check: same(row("orders", req.path.id).owner, env.user.id)
  - id: no-failures
    api: "*"
    check: call.status < 500
`

func shopBook(t testing.TB) *invariant.Book {
	t.Helper()
	file, err := rulefile.Parse("shop.yaml", []byte(shop))
	require.NoError(t, err)
	b, err := invariant.Compile([]*rulefile.File{file}, invariant.Options{})
	require.NoError(t, err)
	return b
}

func shopChecker(t testing.TB, start *reference.Store) *Checker {
	t.Helper()
	s := DefaultSettings()
	s.References = start
	c, err := New(shopBook(t), s)
	require.NoError(t, err)
	return c
}

// request is a call that takes that long.
func (s scene) request(trace, id, parent uint64, start, length int64, route, path string, status int64, answer string) pcommon.Map {
	m := s.add(ptrace.SpanKindServer, trace, id, parent, start)
	s.At(s.Len() - 1).SetEndTimestamp(pcommon.Timestamp(start + length))
	m.PutStr("http.request.method", "POST")
	m.PutStr("http.route", route)
	m.PutStr("url.path", path)
	m.PutInt("http.response.status_code", status)
	m.PutStr("user.id", "7")
	m.PutStr("session.id", "s")
	if answer != "" {
		m.PutStr("http.response.body.content", answer)
	}
	return m
}

func (s scene) order(trace, id uint64, start, length int64) {
	s.request(trace, id, 0, start, length, "/orders", "/orders", 201, `{"id": 42, "status": "open"}`)
}

func (s scene) pay(trace, id uint64, start, length, status int64) {
	s.request(trace, id, 0, start, length, "/orders/{id}/pay", "/orders/42/pay", status, `{"status": "paid"}`)
}

func TestStatefulRulesSeeWhatEarlierCallsShowed(t *testing.T) {
	for name, l := range map[string]struct {
		spans func(scene)
		want  []string
		held  int // of paid-once
	}{
		"an order that is paid":       {func(s scene) { s.order(1, 1, 10, 5); s.pay(2, 1, 20, 5, 200) }, nil, 1},
		"an order that is paid twice": {func(s scene) { s.order(1, 1, 10, 5); s.pay(2, 1, 20, 5, 200); s.pay(3, 1, 30, 5, 200) }, []string{"3/1 paid-once"}, 1},
		"however they arrive":         {func(s scene) { s.pay(3, 1, 30, 5, 200); s.pay(2, 1, 20, 5, 200); s.order(1, 1, 10, 5) }, []string{"3/1 paid-once"}, 1},
		"a payment that was refused":  {func(s scene) { s.order(1, 1, 10, 5); s.pay(2, 1, 20, 5, 402); s.pay(3, 1, 30, 5, 200) }, nil, 2},
		"a violation is not believed": {func(s scene) { s.order(1, 1, 10, 5); s.pay(2, 1, 20, 5, 500); s.pay(3, 1, 30, 5, 200) }, []string{"2/1 no-failures"}, 2},
		"payments at the same time":   {func(s scene) { s.order(1, 1, 10, 5); s.pay(2, 1, 20, 20, 200); s.pay(3, 1, 30, 20, 200) }, nil, 2},
		"one that begins as the other ends": {
			func(s scene) { s.order(1, 1, 10, 5); s.pay(3, 1, 20, 10, 200); s.pay(2, 1, 30, 10, 200) }, []string{"2/1 paid-once"}, 1,
		},
		"within a trace": {func(s scene) { s.order(1, 1, 10, 5); s.pay(1, 2, 20, 5, 200); s.pay(1, 3, 30, 5, 200) }, []string{"1/3 paid-once"}, 1},
		"amidst a long trace": {
			func(s scene) {
				s.call(1, 9, 0, 1)
				s.pay(1, 1, 90, 5, 200)
				s.order(2, 1, 10, 5)
				s.pay(3, 1, 20, 5, 200)
			}, []string{"1/1 paid-once"}, 1,
		},
		"in another trace that goes on": {
			func(s scene) {
				s.order(1, 1, 10, 5)
				s.pay(2, 1, 20, 5, 200)
				s.call(2, 2, 0, 100)
				s.pay(3, 1, 30, 5, 200)
			}, nil, 1,
		},
		"beneath another call": {
			func(s scene) {
				s.request(1, 1, 0, 10, 5, "/users", "/users", 200, "")
				s.statement(1, 2, 1, "INSERT INTO orders (id, user_id) VALUES (42, 8)")
				s.pay(2, 1, 20, 5, 200)
			}, []string{"2/1 paid-by-owner"}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := shopChecker(t, nil)
			td, s := newScene()
			l.spans(s)
			c.Read(td)
			assert.Equal(t, l.want, judged(t, c))
			assert.Equal(t, l.held, c.Tallies()[0].Held)
		})
	}
}

// What a trace shows is not believed if a call of it broke a rule, whichever.
func TestATraceWithAViolationShowsNothing(t *testing.T) {
	for _, bad := range []uint64{2, 9} { // before and behind the payment
		c := shopChecker(t, nil)
		td, s := newScene()
		s.order(1, 1, 10, 5)
		s.request(2, 1, 0, 20, 50, "/users", "/users", 200, "")
		s.request(2, bad, 1, int64(20+bad), 1, "/users", "/users", 500, "")
		s.pay(2, 5, 25, 5, 200)
		s.pay(3, 1, 90, 5, 200)
		c.Read(td)
		assert.Equal(t, []string{fmt.Sprintf("2/%d no-failures", bad)}, judged(t, c))
	}
}

// A store goes on where another run has ended.
func TestAStoreIsTakenOver(t *testing.T) {
	first := shopChecker(t, nil)
	td, s := newScene()
	s.order(1, 1, 10, 5)
	s.pay(2, 1, 20, 5, 200)
	first.Read(td)
	require.Empty(t, judged(t, first))
	var saved bytes.Buffer
	require.NoError(t, first.References().Save(&saved))
	start, err := reference.Load(&saved, reference.DefaultSettings())
	require.NoError(t, err)

	second := shopChecker(t, start)
	td, s = newScene()
	s.pay(3, 1, 30, 5, 200)
	second.Read(td)
	assert.Equal(t, []string{"3/1 paid-once"}, judged(t, second))
	assert.Same(t, start, second.References())
}

func TestWithoutStatefulRulesThereIsNoStore(t *testing.T) {
	settings := DefaultSettings()
	var err error
	settings.References, err = reference.New(reference.DefaultSettings())
	require.NoError(t, err)
	assert.Nil(t, checker(t, settings, rule{"bad", "GET /orders", "resp.status == 404"}).References())
}

// However spans come, the verdicts are the same.
func TestHowSpansArriveChangesNoStatefulVerdict(t *testing.T) {
	var want []string
	rapid.Check(t, func(r *rapid.T) {
		_, s := newScene()
		for i := range uint64(12) {
			at := int64(i) * int64(time.Second)
			switch i % 3 {
			case 0:
				s.order(i+1, 1, at, 3e9)
			case 1:
				s.pay(i+1, 1, at, 25e8, 200)
			default:
				s.pay(i-1, 2, at, 1e9, 200)
			}
		}
		c := shopChecker(t, nil)
		order := make([]int, s.Len())
		for i := range order {
			order[i] = i
		}
		for _, i := range rapid.Permutation(order).Draw(r, "order") {
			td, one := newScene()
			s.At(i).CopyTo(one.AppendEmpty())
			c.Read(td)
		}
		got := judged(t, c)
		if want == nil {
			want = got
		}
		assert.NotEmpty(r, got)
		assert.Equal(r, want, got)
	})
}
