package calltree_test

import (
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/calltree"
)

func ExampleAssembler() {
	calls, err := calltree.New[string, string](calltree.DefaultSettings())
	if err != nil {
		fmt.Println(err)
		return
	}
	span := func(id, parent byte) calltree.Span {
		return calltree.Span{
			TraceID: pcommon.TraceID{1}, SpanID: pcommon.SpanID{id}, Parent: pcommon.SpanID{parent}, Start: int64(id),
		}
	}
	// What is beneath a call ends before it, and often comes in before it.
	calls.AddStatement(span(4, 3), "SELECT * FROM stock WHERE id = 7", 32, 0)
	calls.AddCall(span(3, 2), "GET /stock/{id}", true, 15, 0)
	calls.AddOther(span(2, 1), 0) // the client span of that call
	calls.AddStatement(span(5, 1), "INSERT INTO orders VALUES (7)", 29, 0)
	calls.AddCall(span(1, 0), "POST /orders", true, 12, 0)

	calls.Settled(int64(10*time.Second), func(s *calltree.Settled[string, string]) {
		fmt.Println(s.Call)
		fmt.Println("  statements", s.Statements, "perhaps more:", s.StatementsOpen)
		fmt.Println("  calls     ", s.Calls, "perhaps more:", s.CallsOpen)
	})
	// Output:
	// GET /stock/{id}
	//   statements [SELECT * FROM stock WHERE id = 7] perhaps more: false
	//   calls      [] perhaps more: true
	// POST /orders
	//   statements [INSERT INTO orders VALUES (7)] perhaps more: false
	//   calls      [GET /stock/{id}] perhaps more: false
}
