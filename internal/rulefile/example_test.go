package rulefile_test

import (
	"fmt"
	"os"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

func ExampleParse() {
	_, err := rulefile.Parse("invariants.yaml", []byte(`version: 1
invariants:
  - id: order-read-by-its-owner
    api: GET orders
    chekc: db.all(s, same(s.where.user_id, env.user.id))
`))
	fmt.Println(err)
	// Output:
	// invariants.yaml:5:5: rule order-read-by-its-owner: there is no key "chekc": did you mean check?
	// invariants.yaml:4:10: rule order-read-by-its-owner: api: "GET orders" has no leading slash: write it as GET /orders
	// invariants.yaml:3:5: rule order-read-by-its-owner: check is missing: write the expression that must hold
}

func ExampleWrite() {
	api, err := rulefile.ParseAPI("GET /orders/{id}")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = rulefile.Write(os.Stdout, &rulefile.File{Rules: []rulefile.Rule{{
		ID:      "order-read-by-its-owner",
		Kind:    "database",
		APIs:    []rulefile.API{api},
		Check:   rulefile.Expression{Text: "db.all(s,\n  s.table != \"orders\" || same(s.where.user_id, env.user.id))\n"},
		Support: map[string]any{"calls": 432, "distinct": 2},
	}}})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// version: 1
	// invariants:
	//   - id: order-read-by-its-owner
	//     kind: database
	//     api: GET /orders/{id}
	//     check: |
	//       db.all(s,
	//         s.table != "orders" || same(s.where.user_id, env.user.id))
	//     support: {calls: 432, distinct: 2}
}
