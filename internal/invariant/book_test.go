package invariant

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// filed compiles rules whose ids are what they are about: "service: API".
func filed(t *testing.T, about ...[2]string) *Book {
	t.Helper()
	file := &rulefile.File{Path: "rules.yaml"}
	for _, a := range about {
		r := rulefile.Rule{ID: a[0] + " " + a[1], Check: rulefile.Expression{Text: "call.status < 500"}, APIs: apis(a[1])}
		if a[0] != "" {
			r.Services = []string{a[0]}
		}
		file.Rules = append(file.Rules, r)
	}
	b, err := Compile([]*rulefile.File{file}, Options{})
	require.NoError(t, err)
	return b
}

func idsOf(a *API) (ids []string) {
	if a == nil {
		return nil
	}
	for _, r := range a.Immediate {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestRulesOfARoute(t *testing.T) {
	b := filed(t,
		[2]string{"", "GET /orders/{id}"}, [2]string{"shop", "* /orders/{orderId}"}, [2]string{"", "GET /orders/export"},
		[2]string{"", "POST|PUT /orders"}, [2]string{"", "GET /admin/**"}, [2]string{"", "GET /admin/users/{id}"}, [2]string{"audit", "*"})
	for name, c := range map[string]struct {
		service string
		call    apicall.Call
		want    []string
	}{
		"by its template":                     {"x", apicall.Call{Method: "GET", Route: "/orders/{id}", RouteGiven: true}, []string{" GET /orders/{id}"}},
		"whatever the parameter is called":    {"x", apicall.Call{Method: "GET", Route: "/orders/:orderId/", RouteGiven: true}, []string{" GET /orders/{id}"}},
		"of a service":                        {"shop", apicall.Call{Method: "DELETE", Route: "/orders/<int:id>", RouteGiven: true}, []string{"shop * /orders/{orderId}"}},
		"a fixed segment is no parameter":     {"x", apicall.Call{Method: "GET", Route: "/orders/export", RouteGiven: true}, []string{" GET /orders/export"}},
		"a segment that no rule has":          {"x", apicall.Call{Method: "GET", Route: "/orders/import", RouteGiven: true}, nil},
		"one of several methods":              {"x", apicall.Call{Method: "PUT", Route: "/orders", RouteGiven: true}, []string{" POST|PUT /orders"}},
		"another method":                      {"x", apicall.Call{Method: "GET", Route: "/orders", RouteGiven: true}, nil},
		"the rest of a route":                 {"x", apicall.Call{Method: "GET", Route: "/admin/a/{b}/c", RouteGiven: true}, []string{" GET /admin/**"}},
		"the rest and the route itself":       {"x", apicall.Call{Method: "GET", Route: "/admin/users/{id}", RouteGiven: true}, []string{" GET /admin/users/{id}", " GET /admin/**"}},
		"every route":                         {"audit", apicall.Call{Method: "GET", Route: "/anything/at/all", RouteGiven: true}, []string{"audit *"}},
		"without a route, by the path":        {"x", apicall.Call{Method: "GET", Path: "/orders/alice", Route: "/orders/alice"}, []string{" GET /orders/{id}"}},
		"a path that is a fixed route":        {"x", apicall.Call{Method: "GET", Path: "/orders/export", Route: "/orders/export"}, []string{" GET /orders/export"}},
		"a path that goes on":                 {"x", apicall.Call{Method: "GET", Path: "/orders/1/lines", Route: "/orders/{id}/lines"}, nil},
		"a path below what has rules for all": {"x", apicall.Call{Method: "GET", Path: "/admin", Route: "/admin"}, []string{" GET /admin/**"}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, idsOf(b.API(c.service, &c.call)))
			assert.Equal(t, c.want, idsOf(b.API(c.service, &c.call)), "again")
		})
	}
}

// A path of many segments that each fit a name and a parameter must not be tried in all ways.
func TestAPathIsNotTriedForEver(t *testing.T) {
	var about [][2]string
	template := ""
	for range 20 {
		template += "/a"
		about = append(about, [2]string{"", "GET " + template + "/b"})
	}
	template = ""
	for range 20 {
		template += "/{x}"
		about = append(about, [2]string{"", "GET " + template + "/b"})
	}
	b := filed(t, about...)
	path := strings.Repeat("/a", 40)
	assert.Nil(t, b.API("x", &apicall.Call{Method: "GET", Path: path}))
}
