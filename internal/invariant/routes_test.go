package invariant

import (
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

// rulesBy are the ids of the rules of a call.
func rulesBy(b *Book, service string, c apicall.Call) []string {
	found := b.routes.of(service, &c)
	if found == nil {
		return nil
	}
	return idsOf(found.api(service, c.Method))
}

func given(route string) apicall.Call {
	return apicall.Call{Method: "GET", Route: route, Path: "/", RouteGiven: true}
}

func byPath(path string) apicall.Call { return apicall.Call{Method: "GET", Path: path} }

func TestGivenRoutesOfATemplate(t *testing.T) {
	for template, routes := range map[string]struct{ same, others []string }{
		"/orders/{id}": {
			same: []string{
				"/orders/{id}", "/orders/{orderId:[0-9]+}", "/orders/{id:[^/]+}", "/orders/:id", "/orders/<int:id>", "/orders/{id?}", "/orders/{}",
				"GET /orders/{id}", "POST  /orders/{id}", "//orders/{id}", "/orders//{id}/", "orders/{id}", "/Orders/{ID}", "/%6frders/{id}",
				"/orders/{id}/{$}", "/orders/:id(.:format)",
			},
			others: []string{"/", "", "/orders", "/orders/42", "/orders/{id}.pdf", "/orders/{id}/items", "/orders/{id...}", "/order/{id}", "/orders/{id", "/v1/orders/{id}"},
		},
		"/orders/{id:[^/]+}/items": {
			same:   []string{"/orders/{id}/items", "/orders/{id:[^/]+}/items", "/orders/{id:[a-z/]{2}}/items", "/orders/:id/ITEMS(.:format)"},
			others: []string{"/orders/{id}", "/orders/{id}/items/{item}"},
		},
		"/shops": {
			same:   []string{"/shops", "/shops(.:format)", "/shops/{$}", "GET /shops/{$}", "/Shops/"},
			others: []string{"/shops.json", "/{shops}", "/shops/{id}"},
		},
		"/":                {same: []string{"/", "", "/{$}", "GET /{$}", "//"}, others: []string{"/{id}", "/*"}},
		"/shops(.:format)": {same: []string{"/shops", "/shops(.:format)"}, others: []string{"/shops.json"}},
		"/files/{id}.pdf": {
			same:   []string{"/files/{id}.pdf", "/files/{name}.pdf", "/files/:name.PDF", "/files/<int:n>%2Epdf", "/files/{id}.pdf(.:format)", "/files/{id?}.pdf"},
			others: []string{"/files/{id}", "/files/{id}.png", "/files/a{id}.pdf", "/files/{id}-{n}.pdf", "/files/a.pdf"},
		},
		"/a/{from}-{to}/b": {same: []string{"/a/{x}-{y}/b", "/a/:x-:y/b"}, others: []string{"/a/{x}/b", "/a/{x}-{y}-{z}/b"}},
		"/orders/{id?}":    {same: []string{"/orders", "/orders/{id}", "/orders/{id=1}"}, others: []string{"/orders/{id}/items"}},
	} {
		b := filed(t, [2]string{"", "GET " + template})
		for _, route := range routes.same {
			assert.NotEmpty(t, rulesBy(b, "x", given(route)), "%s of %s", route, template)
		}
		for _, route := range routes.others {
			assert.Empty(t, rulesBy(b, "x", given(route)), "%s of %s", route, template)
		}
	}
}

func TestTemplatesThatTakeAllThatFollows(t *testing.T) {
	ways := []string{"/files/**", "/files/*", "/files/{rest...}", "/files/{*rest}", "/files/<path:rest>", "/files/:rest*", "/files/*rest", "/files/{rest:.*}"}
	for _, template := range ways {
		b := filed(t, [2]string{"", "GET " + template}, [2]string{"", "GET /files/{id}/owner"})
		rest := []string{" GET " + template}
		for _, route := range append(ways, "/files", "/files/{id}", "/files/a/{b}/c") {
			assert.Equal(t, rest, rulesBy(b, "x", given(route)), "%s of %s", route, template)
		}
		for _, path := range []string{"/files", "/files/", "/files/a", "/files/a/b/c", "/FILES;x/a//b"} {
			assert.Equal(t, rest, rulesBy(b, "x", byPath(path)), "%s of %s", path, template)
		}
		both := []string{" GET /files/{id}/owner", " GET " + template}
		assert.Equal(t, both, rulesBy(b, "x", given("/files/{id}/owner")), template)
		assert.Equal(t, both, rulesBy(b, "x", byPath("/files/1/owner")), template)
		assert.Empty(t, rulesBy(b, "x", byPath("/other/files/a")))
		assert.Empty(t, rulesBy(b, "x", given("/*")))
	}
}

func TestNamesOfATemplate(t *testing.T) {
	for template, want := range map[string][]string{
		"/orders/{id:[^/]+}/items": {"id"},
		"/{id}/{id}/{a}-{b}.pdf":   {"id", "id2", "a", "b"},
		"/orders":                  {},
		"/files/{rest...}":         nil,
		"/{id}/**":                 nil,
		"*":                        nil,
	} {
		assert.Equal(t, want, parametersOf(template), template)
	}
}
