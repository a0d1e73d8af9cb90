package apispec_test

import (
	"fmt"

	"github.com/spanwarden/spanwarden/internal/apispec"
)

func ExampleParseOpenAPI() {
	spec, err := apispec.ParseOpenAPI("openapi.yaml", []byte(`
openapi: 3.0.3
info: {title: The shop, version: '1'}
paths:
  /payments:
    post:
      operationId: pay
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [quantity]
              properties:
                quantity: {type: integer, minimum: 1, maximum: 100}
`), apispec.Options{Services: []string{"shop"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, rule := range spec.Rules() {
		fmt.Println(rule.ID)
		fmt.Println("   ", rule.Check.Text)
	}
	// Output:
	// openapi.shop.pay.req.body.type
	//     type(req.body) == map
	// openapi.shop.pay.req.body.quantity.required
	//     has(req.body.quantity)
	// openapi.shop.pay.req.body.quantity.type
	//     type(req.body.quantity) == int
	// openapi.shop.pay.req.body.quantity.range
	//     req.body.quantity >= 1 && req.body.quantity <= 100
}

func ExampleParseDDL() {
	spec, err := apispec.ParseDDL("schema.sql", []byte(`
create table main.orders (
  id     integer primary key,
  buyer  integer not null references people (id),
  status text not null check (status in ('pending', 'paid')),
  total  integer check (total = price * quantity)
);
`), apispec.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, rule := range spec.Rules() {
		fmt.Println(rule.ID+":", rule.Message)
	}
	for _, table := range spec.Tables() {
		fmt.Println(table.FullName(), table.ForeignKeys)
	}
	fmt.Println(spec.Skipped())
	// Output:
	// ddl.tables: a statement touches a table that the database's schema does not have
	// ddl.main.orders.columns: a statement writes a column that orders does not have in the database's schema
	// ddl.main.orders.not-null: null is written to buyer and status of orders, which the database's schema rules out
	// ddl.main.orders.status: status of orders is not one of pending and paid, as the database's schema has it
	// main.orders [{[buyer] people [id]}]
	// [a CHECK of orders: total = price * quantity is not understood: line 6]
}

func ExampleError() {
	_, err := apispec.ParseOpenAPI("openapi.yaml", []byte(`
openapi: 3.0.3
paths:
  /orders: {$ref: orders.yaml}
`), apispec.Options{})
	fmt.Println(err)
	// Output:
	// openapi.yaml:4:19: "orders.yaml" is in another file or at an address, and only this file is read: put all that belongs to it into one file, as with redocly bundle
}
