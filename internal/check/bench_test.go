package check

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// learned are rules of the shapes that are learned: some fifteen for each call.
const learned = `
version: 1
references:
  - name: orders
    from:
      - api: POST /orders
        at: resp.body
        key: id
        fields: {price: price, owner: env.user.id}
invariants:
  - {id: a, api: "*", check: 'call.status in [200, 201]'}
  - {id: b, api: "*", check: 'has(req.body.accountId) && has(req.body.price)'}
  - {id: c, api: "*", check: 'req.body.all(f, f in ["accountId", "price", "note", "kind", "lines", "date"])'}
  - {id: d, api: "*", check: 'type(req.body.accountId) == string && isUUID(req.body.accountId)'}
  - {id: e, api: "*", check: 'type(req.body.kind) == int && req.body.kind in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]'}
  - {id: f, api: "*", check: 'req.body.price >= 0 && req.body.price <= 100000'}
  - {id: g, api: "*", check: 'size(req.body.note) <= 64 && req.body.note.matches("^[A-Za-z0-9_]+$")'}
  - {id: h, api: "*", check: 'resp.body.all(f, f in ["id", "user", "price", "lines"])'}
  - {id: i, api: "*", check: 'same(resp.body.user, env.user.id)'}
  - {id: j, api: "*", check: 'resp.body.lines.all(x, same(x.user, env.user.id))'}
  - {id: k, api: "*", check: 'type(resp.body.id) == int && resp.body.id >= 0'}
  - {id: l, api: "*", check: 'day(req.body.date) <= day(call.start) || isDate(req.body.date)'}
  - {id: m, api: POST /orders, check: 'calls.all(c, c.route != "/orders/{id}/pay" || same(c.req.body.price, req.body.price))'}
  - {id: n, api: POST /orders, check: 'db.all(s, s.op != "SELECT" || s.table != "orders" || same(s.where.user_id, env.user.id))'}
  - {id: o, api: "POST /orders/{id}/pay", check: 'same(row("orders", req.path.id).price, req.body.price)'}
  - {id: p, api: "POST /orders/{id}/pay", check: 'same(row("orders", req.path.id).owner, env.user.id)'}
`

// shopping are traces of three calls and two statements, all of them different.
func shopping(traces int) ptrace.Traces {
	td, s := newScene()
	for i := range uint64(traces) {
		user, start := fmt.Sprint(i%97), int64(1_700_000_000+i)*1e9
		request := func(id, parent uint64, at int64, route, path string, n int) {
			m := s.request(i+1, id, parent, start+at, 1e6, route, path, 200, fmt.Sprintf(
				`{"id": %d, "user": %q, "price": %d, "lines": [{"sku": "A-%d", "user": %q}, {"sku": "B-%d", "user": %q}]}`, n, user, 100+n%77, n, user, n*3, user))
			m.PutStr("user.id", user)
			m.PutStr("session.id", "s-"+user)
			m.PutStr("http.request.body.content", fmt.Sprintf(
				`{"accountId": "6ba7b810-9dad-11d1-80b4-00c04fd%05x", "price": %d, "note": "n_%x", "kind": %d, "date": "2023-%02d-%02d", "lines": []}`,
				n, 100+n%77, n*n, n%10, 1+n%12, 1+n%28))
		}
		n := int(i)
		request(1, 0, 0, "/orders", "/orders", n)
		s.statement(i+1, 8, 1, fmt.Sprintf("SELECT id FROM orders WHERE id = %d AND user_id = %s", n, user))
		s.statement(i+1, 9, 1, fmt.Sprintf("INSERT INTO orders (id, user_id) VALUES (%d, %s)", n, user))
		request(2, 1, 10, "/orders/{id}/pay", fmt.Sprintf("/orders/%d/pay", n), n)
		request(3, 0, 5e6, "/orders/{id}/pay", fmt.Sprintf("/orders/%d/pay", n), n)
	}
	return td
}

// BenchmarkCheck reads and judges calls by a book of the shapes that are learned. One operation is one call.
func BenchmarkCheck(b *testing.B) {
	const traces = 2000
	file, err := rulefile.Parse("learned.yaml", []byte(learned))
	require.NoError(b, err)
	book, err := invariant.Compile([]*rulefile.File{file}, invariant.Options{})
	require.NoError(b, err)
	td := shopping(traces)
	b.ReportAllocs()
	judged := 0
	for judged < b.N {
		c, err := New(book, DefaultSettings())
		require.NoError(b, err)
		c.Read(td)
		require.NoError(b, c.Judge(b.Context(), func(v *Violation) error { return fmt.Errorf("%s: %s", v.Invariant, v.Explanation) }))
		judged += c.Counts().Calls
		for _, t := range c.Tallies() {
			require.NotZero(b, t.Held, t.Rule.ID)
		}
	}
	b.ReportMetric(float64(judged)/b.Elapsed().Seconds(), "calls/s")
}
