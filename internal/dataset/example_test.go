package dataset_test

import (
	"fmt"
	"strings"

	"github.com/spanwarden/spanwarden/internal/dataset"
)

func ExampleReadCSV() {
	const text = `client,calls,gap,kind
192.0.2.1,31,7.5,normal
192.0.2.2,900,0.1,bot
192.0.2.3,1,,normal
`
	table, err := dataset.ReadCSV(strings.NewReader(text), dataset.Options{
		Features: []string{"calls", "gap"},
		Label:    "kind",
		Classes:  map[string]string{"bot": "attack"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, class := range table.Labels {
		fmt.Println(table.Row(nil, i), table.Classes[class])
	}
	// Output:
	// [31 7.5] normal
	// [900 0.1] attack
	// [1 NaN] normal
}
