package lightgbm

import (
	"strings"
	"testing"
)

// FuzzParse asks that nothing panics, and that what can be read is valid.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"stump", "only_leaves", "two_of_multiclass", "linear", "goss"} {
		f.Add(trained.Data(f, name))
	}
	f.Add([]byte(small))
	f.Add([]byte(strings.Replace(small, "right_child=1 -3", "right_child=-3 -3", 1)))
	f.Add([]byte(strings.Replace(small, "binary sigmoid:1", "binary sigmoid:1e300\naverage_output", 1)))
	f.Fuzz(trained.CheckAny)
}
