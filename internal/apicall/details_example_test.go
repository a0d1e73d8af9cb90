package apicall_test

import (
	"fmt"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

func ExampleDetailer_Read() {
	span := pcommon.NewMap()
	span.PutInt("enduser.id", 42)
	span.PutStr("http.target", "/orders/7?full=1")
	span.PutEmptySlice("http.request.header.content_type").AppendEmpty().SetStr("application/json; charset=utf-8")
	span.PutStr("http.request.body.content", `{"quantity":2}`)

	detailer, err := apicall.NewDetailer(apicall.BodyNames{})
	if err != nil {
		panic(err)
	}
	var details apicall.Details
	detailer.Read(span, apicall.WantAll, &details)
	fmt.Println(details.User, details.Query)
	fmt.Println(details.RequestBody.Type, details.RequestBody.Text)
	fmt.Println(details.Header(true, "content-type"))
	// Output:
	// 42 full=1
	// application/json {"quantity":2}
	// application/json; charset=utf-8 true
}

func ExampleParameters() {
	span := pcommon.NewMap()
	span.PutStr("db.statement.parameters", "('it\\'s', 42, None)")
	exact := apicall.Parameters(span, func(key, value string) { fmt.Printf("%s=%q\n", key, value) })
	fmt.Println(exact)
	// Output:
	// 0="it's"
	// 1="42"
	// 2=""
	// true
}

func ExampleRouteParameters() {
	show := func(name, value string) { fmt.Printf("%s=%s ", name, value) }
	fmt.Println(apicall.RouteParameters("/orders/{id}/items/{id}", "/api/orders/7/items/a%20b", show))
	fmt.Println(apicall.RouteParameters("/files/<path:name>", "/files/a/b.txt", show))
	fmt.Println(apicall.RouteParameters("/orders/:id", "/orders/7/items", show))
	// Output:
	// id=7 id2=a b true
	// name=a/b.txt true
	// false
}
