package document_test

import (
	"fmt"

	"github.com/spanwarden/spanwarden/internal/document"
)

func ExampleDocument_JSON() {
	var d document.Document
	if err := d.JSON(`{"order": 9007199254740993, "items": [{"sku": "A-1"}]}`, document.DefaultLimits); err != nil {
		fmt.Println(err)
		return
	}
	order, _ := d.Root().Field("order")
	items, _ := d.Root().Field("items")
	sku, _ := items.Item(0).Field("sku")
	fmt.Println(order.Kind(), order.Int(), sku.Text())
	// Output: int 9007199254740993 A-1
}

func ExampleDocument_Form() {
	var d document.Document
	if err := d.Form("q=red+shoes&size=41&size=42", document.Limits{Bytes: 1024}); err != nil {
		fmt.Println(err)
		return
	}
	for i := range d.Root().Len() {
		fmt.Println(d.Root().Name(i), d.Root().Item(i).Kind())
	}
	// Output:
	// q text
	// size list
}

func ExampleNode_AppendJSON() {
	var d document.Document
	if err := d.JSON(`{ "name": "Größe", "values": [1, 2.50, null] }`, document.DefaultLimits); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(d.Root().AppendJSON(nil, 100)))
	fmt.Println(string(d.Root().AppendJSON(nil, 18)))
	// Output:
	// {"name":"Größe","values":[1,2.50,null]}
	// {"name":"Größ…
}
