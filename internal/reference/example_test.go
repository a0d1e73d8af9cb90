package reference_test

import (
	"fmt"

	"github.com/spanwarden/spanwarden/internal/reference"
)

func Example() {
	store, _ := reference.New(reference.DefaultSettings())
	orders := store.Collection("orders")
	owner, _ := store.Field(orders, "owner")

	// One trace makes an order ...
	trace := store.Begin(1000, "session 1")
	trace.Put(orders, "42", 1010, []reference.Entry{{Field: owner, Value: reference.Value{Kind: reference.Text, Text: "ann"}}}, "session 1")
	trace.Commit()

	// ... and another one asks whose it is.
	trace = store.Begin(2000, "session 2")
	row, _ := trace.Row(orders, "42", 2000)
	value, known := row.Get(owner)
	fmt.Println(value.Text, known)
	_, answer := trace.Row(orders, "43", 2000)
	fmt.Println(answer)
	fmt.Println(trace.Shown(orders, "42", "session 1", 2000))
	trace.Commit()

	// Output:
	// ann true
	// unknown
	// known
}
