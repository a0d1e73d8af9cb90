package invariant_test

import (
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/rulefile"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// compile compiles a file of rules.
func compile(rules string) (*invariant.Book, error) {
	file, err := rulefile.Parse("invariants.yaml", []byte("version: 1\ninvariants:\n"+rules))
	if err != nil {
		return nil, err
	}
	return invariant.Compile([]*rulefile.File{file}, invariant.Options{})
}

// read reads the call of a server span as a processor does.
func read(b *invariant.Book, service string, span ptrace.Span) *invariant.Call {
	calls, err := apicall.NewReader(apicall.Settings{})
	if err != nil {
		panic(err)
	}
	details, err := invariant.NewReader(apicall.BodyNames{}, 64<<10, sqltext.NewCache(1000, 1<<20))
	if err != nil {
		panic(err)
	}
	var call apicall.Call
	var statement apicall.Statement
	if calls.Span(span, new(apicall.Scratch), &call, &statement) != apicall.APICall {
		return nil
	}
	return details.Span(b, service, &call, span.Attributes(), new(invariant.Scratch))
}

// server is a server span with what every SDK sends.
func server(method, route, path string, status int64) ptrace.Span {
	span := ptrace.NewSpan()
	span.SetKind(ptrace.SpanKindServer)
	span.Attributes().PutStr("http.request.method", method)
	span.Attributes().PutStr("http.route", route)
	span.Attributes().PutStr("url.path", path)
	span.Attributes().PutInt("http.response.status_code", status)
	return span
}

// said is an outcome with its reason.
func said(v invariant.Verdict) string {
	if v.Outcome == invariant.NotApplicable {
		return fmt.Sprintf("%v (%v)", v.Outcome, v.Reason)
	}
	return v.Outcome.String()
}

// A rule that reads the call alone is judged as its span arrives.
func Example() {
	book, err := compile(`
  - id: transfer-amount
    api: POST /transfers
    check: req.body.amount > 0
    message: the amount of a transfer is not positive
`)
	if err != nil {
		panic(err)
	}
	judge := invariant.NewJudge(book)
	for _, body := range []string{`{"amount": 5}`, `{"amount": -5}`, `{}`, `{"amount": 5, "no`} {
		span := server("POST", "/transfers", "/transfers", 201)
		span.Attributes().PutStr("http.request.body.content", body)
		judge.Immediate(read(book, "bank", span), func(v invariant.Verdict) {
			fmt.Println(said(v), body)
			if v.Outcome == invariant.Violated {
				fmt.Println("  " + v.Explain(invariant.ShowValues).Text)
			}
		})
	}
	// Output:
	// held {"amount": 5}
	// violated {"amount": -5}
	//   the amount of a transfer is not positive: req.body.amount > 0 is false; req.body.amount = -5
	// not_applicable (missing) {}
	// not_applicable (unknown) {"amount": 5, "no
}

// Compile tells all that is wrong at once, and what was meant.
func ExampleCompile() {
	_, err := compile(`
  - id: no-errors
    api: GET /orders/{id}
    check: call.staus < 500
  - id: own-orders
    api: GET /orders/{id}
    check: same(req.path.order, env.user.id)
`)
	fmt.Println(err)
	// Output:
	// invariants.yaml:6:16: rule no-errors: check: there is no field staus in call: did you mean status?
	// invariants.yaml:9:25: rule own-orders: check: req.path has no order: there is id
}

// What a rule says depends on what is known of the statements beneath the call.
func ExampleJudge_Deferred() {
	book, err := compile(`
  - id: order-read-by-its-owner
    api: GET /orders/{id}
    check: db.all(s, s.table != "orders" || same(s.where.user_id, env.user.id))
    message: somebody else's order is read
`)
	if err != nil {
		panic(err)
	}
	span := server("GET", "/orders/{id}", "/orders/42", 200)
	span.Attributes().PutStr("user.id", "7")
	call := read(book, "orders", span)
	judge := invariant.NewJudge(book)
	for _, sql := range []string{
		"SELECT * FROM orders WHERE id = 42 AND user_id = 7",
		"SELECT * FROM orders WHERE id = 42",
		"SELECT * FROM orders WHERE id = ? AND user_id = ?",
		"", // none was seen
	} {
		around := invariant.Surroundings{StatementsOpen: sql == ""}
		if sql != "" {
			around.Statements = []*invariant.Statement{{SQL: sqltext.Parse(sql, sqltext.PostgreSQL), Rows: -1}}
		}
		judge.Deferred(call, &around, func(v invariant.Verdict) { fmt.Println(strings.TrimSpace(said(v) + " " + sql)) })
	}
	// Output:
	// held SELECT * FROM orders WHERE id = 42 AND user_id = 7
	// violated SELECT * FROM orders WHERE id = 42
	// not_applicable (unknown) SELECT * FROM orders WHERE id = ? AND user_id = ?
	// not_applicable (unobserved)
}

// The same violation with what it may show.
func ExampleVerdict_Explain() {
	book, err := compile(`
  - id: account-is-the-callers
    api: POST /transfers
    check: call.status != 201 || req.body.from == env.user.id && req.body.token != ""
    message: money is taken from somebody else's account
`)
	if err != nil {
		panic(err)
	}
	span := server("POST", "/transfers", "/transfers", 201)
	span.Attributes().PutStr("user.id", "7")
	span.Attributes().PutStr("http.request.body.content", `{"from": "8", "token": "hunter2"}`)
	call := read(book, "bank", span)
	invariant.NewJudge(book).Immediate(call, func(v invariant.Verdict) {
		for _, evidence := range []invariant.Evidence{invariant.ShowValues, invariant.ShowHashes, invariant.ShowNothing} {
			fmt.Println(v.Explain(evidence).Values)
		}
		fmt.Println(v.Explain(invariant.ShowNothing).Text)
	})
	// Output:
	// [{call.status 201} {req.body.from 8} {env.user.id 7} {req.body.token sha256:f52fbd32b2b3}]
	// [{call.status sha256:43974ed74066} {req.body.from sha256:2c624232cdd2} {env.user.id sha256:7902699be42c} {req.body.token sha256:f52fbd32b2b3}]
	// []
	// money is taken from somebody else's account: call.status != 201 || req.body.from == env.user.id && req.body.token != "" is false
}

// A stateful rule sees what earlier calls showed.
func ExampleFeeder() {
	file, err := rulefile.Parse("invariants.yaml", []byte(`version: 1
references:
  - name: orders
    from:
      - {api: GET /orders, at: "resp.body.orders[]", key: id, fields: {status: status}}
      - {api: "POST /orders/{id}/payments", key: req.path.id, fields: {status: resp.body.status}}
invariants:
  - id: paid-orders-stay-paid
    api: POST /orders/{id}/payments
    check: row("orders", req.path.id).status != "paid"
    message: an order is to be paid that has been paid
`))
	if err != nil {
		panic(err)
	}
	book, err := invariant.Compile([]*rulefile.File{file}, invariant.Options{})
	if err != nil {
		panic(err)
	}
	store, err := reference.New(reference.DefaultSettings())
	if err != nil {
		panic(err)
	}
	judge, feeder := invariant.NewJudge(book), invariant.NewFeeder(book)
	list := server("GET", "/orders", "/orders", 200)
	list.Attributes().PutStr("http.response.body.content", `{"orders": [{"id": 42, "status": "open"}]}`)
	pay := server("POST", "/orders/{id}/payments", "/orders/42/payments", 201)
	pay.Attributes().PutStr("http.response.body.content", `{"status": "paid"}`)
	for i, span := range []ptrace.Span{pay, list, pay, pay} {
		call := read(book, "shop", span).Keep()
		call.Start, call.End = int64(2*i), int64(2*i+1)
		around := invariant.Surroundings{References: store.Begin(call.Start, call.Caller())}
		violated := false
		judge.Deferred(call, &around, func(v invariant.Verdict) {
			fmt.Println(said(v), call.Endpoint())
			if violated = v.Outcome == invariant.Violated; violated {
				fmt.Println("  " + v.Explain(invariant.ShowValues).Text)
			}
		})
		if violated { // what it shows is not believed
			around.References.Discard()
			continue
		}
		feeder.Feed(call, &around, around.References)
		around.References.Commit()
	}
	// Output:
	// not_applicable (missing) POST /orders/{id}/payments
	// held POST /orders/{id}/payments
	// violated POST /orders/{id}/payments
	//   an order is to be paid that has been paid: row("orders", req.path.id).status != "paid" is false; row("orders", req.path.id).status = paid, req.path.id = 42
}
