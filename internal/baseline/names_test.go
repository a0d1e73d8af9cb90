package baseline

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Names are those that whoever calls the API writes.
func TestNamesOfAllKindsCanBeWritten(t *testing.T) {
	for _, name := range []string{
		"orderId", "order id", "order.id", "order[].Id", "[]Id", `"Id`, `'Id`, `\Id`, "\x01Id", "\x7fId", "\u0085Id", "\u2028_id", "\ufeffId", "\xffId", "é_id", "日本Id",
		"😀Id", "in_id", "\n_id", " _id", "#_id", "{Id", "*Id", "`Id", "%sId", "-Id", "?Id", strings.Repeat("x", 120) + "Id", strings.Repeat("é", 60) + "Id", "1Id", "$Id",
	} {
		t.Run(name, func(t *testing.T) {
			places := func(round int, c *call) {
				places(round, c)
				c.response = fields{name: orderOf(round), name + "2": totalOf(round), "owner": c.user}
				c.query, c.headers = name+"=1", map[string]string{strings.ToLower(name): "1"}
			}
			pays := func(round int, c *call) {
				c.route, c.path = "/pay", "/pay"
				c.request = fields{name: orderOf(round), name + "2": totalOf(round), "of": fields{name: []any{fields{name: "x"}}}}
			}
			calls := rounds(places, pays)(400)
			assert.NotEmpty(t, violatesNothing(t, calls).Rules)
		})
	}
}

func TestRoutesOfAllKindsCanBeWritten(t *testing.T) {
	for _, route := range []string{
		"/é", "/日本/{id}", `/"`, `/\`, "/a b", "/a\tb", "/%00", "/\x01", "/{a.b}", "/{id:[0-9]{3}}", "/:id", "/<int:id>", "/{a}-{b}", "/{", "/}", "/*/x", "*", "a", "//", "/" + strings.Repeat("x", 198),
		"/" + strings.Repeat("é", 99), "/{id}.json", "/(?P<id>.*)",
	} {
		t.Run(route, func(t *testing.T) {
			calls := rounds(places, func(round int, c *call) {
				pays(round, c)
				c.route = route
				c.calls = []*call{{service: "child", method: "GET", route: route, path: c.path, status: 200}}
			})(400)
			violatesNothing(t, calls)
		})
	}
}
