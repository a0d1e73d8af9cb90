package tampering

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/spanwarden/spanwarden/internal/check"
)

func TestAnAlarmIsExplainedIfTheRuleReadTheTamperedField(t *testing.T) {
	c := Copy{
		New: "666",
		Fields: []Tampered{
			{"aa", "req.body.order.id"}, {"aa", "req.body.items[].price"}, {"aa", "req.path.id"}, {"bb", "req.body.reference"}, {"cc", "db.0"},
		},
		Answers: []Tampered{{"bb", "resp.body.owner"}},
	}
	for name, e := range map[string]struct {
		span             string
		values           map[string]string
		expression       string
		explained, shown bool
	}{
		"the field":                        {"aa", map[string]string{"req.body.order.id": "666"}, "", true, true},
		"a part of it":                     {"aa", map[string]string{"req.body.order.id.x": "1"}, "", true, true},
		"a field whose name begins so":     {"aa", map[string]string{"req.body.order.idle": "1"}, "", false, false},
		"another one":                      {"aa", map[string]string{"req.body.order.total": "1", "env.user.id": "7"}, "", false, false},
		"an element":                       {"aa", map[string]string{"req.body.items[3].price": "666"}, "", true, true},
		"the object around, with its name": {"aa", map[string]string{"req.body.order": "{id, total}"}, "", true, true},
		"the object around, without":       {"aa", map[string]string{"req.body.order": "{total}"}, "", false, false},
		"what has the name in the rule":    {"aa", map[string]string{"req.body.order": "(missing)"}, "has(req.body.order.id)", true, true},
		"what shows the new value":         {"aa", map[string]string{"req.body": `[666]`}, "", true, true},
		"the path":                         {"aa", map[string]string{"call.path": "/orders/666"}, "", true, true},
		"the field of a child call":        {"aa", map[string]string{"calls[2].req.body.reference": "666"}, "", true, true},
		"the same path of the call itself": {"aa", map[string]string{"req.body.reference": "666"}, "", false, false},
		"its own field in the child call":  {"bb", map[string]string{"req.body.reference": "666"}, "", true, true},
		"the field of the call above":      {"bb", map[string]string{"req.body.order.id": "666"}, "", false, false},
		"a statement":                      {"dd", map[string]string{"db[0].where.id": "666"}, "", true, true},
		"another column of it":             {"dd", map[string]string{"db[0].where.owner": "7"}, "", false, false},
		"the owner's answer":               {"bb", map[string]string{"resp.body.owner": "8"}, "", false, true},
		"the owner's answer to a child":    {"aa", map[string]string{"calls[0].resp.body.owner": "8"}, "", false, true},
		"nothing":                          {"aa", nil, "", false, false},
	} {
		v := &check.Violation{SpanID: e.span, Values: e.values, Expression: e.expression}
		assert.Equal(t, e.explained, c.explains(v), name)
		assert.Equal(t, e.shown, c.explains(v) || c.shows(v), name)
	}
}
