package apispec

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

const maxEnum = 300

func literalOf(value any) (literal, bool) {
	switch v := value.(type) {
	case string:
		return literal{cel: strconv.Quote(v), text: v, name: openapi3.TypeString}, len(v) < maxLiteral
	case bool:
		return literal{cel: strconv.FormatBool(v), text: strconv.FormatBool(v), name: openapi3.TypeBoolean}, true
	case float64:
		return literal{cel: number(v), text: number(v), name: openapi3.TypeNumber}, !math.IsInf(v, 0) && !math.IsNaN(v)
	case json.Number:
		f, err := v.Float64()
		return literal{cel: number(f), text: v.String(), name: openapi3.TypeNumber}, err == nil
	}
	return literal{}, false
}

const maxLiteral = 1000

// number writes a number as rules do: whole ones without a fraction.
func number(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}
