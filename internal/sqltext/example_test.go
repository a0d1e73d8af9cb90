package sqltext_test

import (
	"fmt"

	"github.com/spanwarden/spanwarden/internal/sqltext"
)

func ExampleParse() {
	s := sqltext.Parse(`SELECT o.* FROM "orders" o WHERE o.id IN ($1, 7) AND o.user_id = $2`, sqltext.PostgreSQL)
	fmt.Println(s.Skeleton)
	fmt.Println(s.Operation, s.Tables, s.Columns(sqltext.InWhere))
	// Output:
	// select o.* from orders o where o.id in ( ? ) and o.user_id = ?
	// SELECT [orders] [id user_id]
}

func ExampleStatement_Column() {
	var p sqltext.Parameters
	p.Add("0", "4711")

	s := sqltext.Parse(`select * from orders where id = $1 and total > 5`, sqltext.PostgreSQL)
	id, presence := s.Column(sqltext.InWhere, "orders.id", &p)
	fmt.Println(id.Text, presence)
	_, presence = s.Column(sqltext.InWhere, "total", &p)
	fmt.Println(presence)
	_, presence = s.Column(sqltext.InWhere, "user_id", &p)
	fmt.Println(presence)
	// Output:
	// 4711 known
	// hidden
	// absent
}
