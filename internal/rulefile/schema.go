package rulefile

import (
	_ "embed" // the schema
	"slices"
)

//go:embed invariants.schema.json
var schema []byte

// Schema returns the JSON schema of the file (draft 2020-12), for editors. It accepts all that [Parse] accepts, and some
// that it does not: what a schema cannot say, such as that an id stands once.
func Schema() []byte {
	return slices.Clone(schema)
}
