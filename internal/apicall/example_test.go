package apicall_test

import (
	"fmt"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

func ExampleReader_Span() {
	span := ptrace.NewSpan()
	span.SetKind(ptrace.SpanKindServer)
	span.Attributes().PutStr("http.method", "GET")
	span.Attributes().PutStr("http.target", "/orders/7?full=1")
	span.Attributes().PutStr("net.sock.peer.addr", "203.0.113.9")
	span.Attributes().PutInt("http.status_code", 200)

	reader, err := apicall.NewReader(apicall.Settings{})
	if err != nil {
		panic(err)
	}
	var (
		scratch apicall.Scratch
		call    apicall.Call
		st      apicall.Statement
	)
	if reader.Span(span, &scratch, &call, &st) == apicall.APICall {
		fmt.Println(call.Client, call.Method, call.Route, call.Status)
	}
	// Output: 203.0.113.9 GET /orders/{id} 200
}

func ExampleParseAccessLog() {
	var call apicall.Call
	ok := apicall.ParseAccessLog(`203.0.113.9 - jo [04/Mar/2023:10:08:07 +0100] "GET /cart?step=2 HTTP/1.1" 200 5316`, &call)
	fmt.Println(ok, call.Client, call.Method, call.Path, call.Status, call.ResponseSize, call.Start)
	// Output: true 203.0.113.9 GET /cart 200 5316 1677920887000000000
}

func ExampleAppendRoute() {
	for _, path := range []string{
		"/api/v1/orders/66ac0543-6732-4a59-84ee-41a1f5471810/items/4",
		"/users/user-12345/invoices/2024-01-31.pdf",
		"/oauth2/log4j/logo-120x120.png",
	} {
		fmt.Println(string(apicall.AppendRoute(nil, path)))
	}
	// Output:
	// /api/v1/orders/{id}/items/{id}
	// /users/{id}/invoices/{date}.pdf
	// /oauth2/log4j/logo-120x120.png
}
