package invariant

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// fitsAlone is RouteParameters for a template that is mounted nowhere: behind a segment that no path has.
func fitsAlone(template, path string) bool {
	const begin = "/qx--begin--xq"
	return apicall.RouteParameters(begin+template, begin+"/"+path, func(_, _ string) {})
}

var (
	templateSegments = []string{
		"a", "b", "A", "%61", "a;b", "ä", "{x}", "{y}", "{x:[^/]+}", ":x", "<int:x>", "{x?}", "{x=1}", "{x}.a", "{y}.A", "a{x}", "{x}-{y}", "{x?}.a",
		"a.{x?}", "*", "{x...}", "{*y}", "<path:x>", "{x:.*}", "", "{$}", "a(.:format)", "{x}(.:format)", "{x}.a(.:format)",
	}
	pathSegments = []string{
		"a", "b", "A", "%61", "%41", "a;b", "a%3bb", ";a", "a;b;c", "ä", "Ä", "%c3%84", "%c3", "x", "x.a", "x%2ea", ".a", "a.", "a.b", "x-y", "-", "x.a.b", "ax", "", "{x}",
	}
)

// A rule is found by the paths that its template fits, and by no others.
func TestPathsAreFoundAsRouteParametersFitThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		join := func(of []string, most int, label string) string {
			return "/" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(of), 0, most).Draw(t, label), "/")
		}
		var templates []string
		for range rapid.IntRange(1, 5).Draw(t, "rules") {
			templates = append(templates, join(templateSegments, 4, "template"))
		}
		r := routesOf("GET", templates...)
		for range 10 {
			path := join(pathSegments, 5, "path")
			fitting := 0
			for _, template := range templates {
				if fitsAlone(template, path) {
					fitting++
				}
			}
			found := r.of("x", &apicall.Call{Method: "GET", Path: path})
			require.Equal(t, fitting > 0, found != nil, "%s of %q", path, templates)
			if found != nil {
				for _, rule := range found.rules {
					require.True(t, fitsAlone(rule.api.Route, path), "%s of %s", path, rule.api.Route)
				}
			}
		}
	})
}

// A template is a given route as well, and the template of the rules that are found by it.
func TestATemplateAsAGivenRouteIsItsOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		template := "/" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(templateSegments), 0, 6).Draw(t, "template"), "/")
		other := "/" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(templateSegments), 0, 6).Draw(t, "other"), "/")
		r := routesOf("GET", template, other)
		renamed := strings.NewReplacer("{x", "{z1", "{y", "{z2", ":x", ":zz", "*y", "*q").Replace(template)
		for _, route := range []string{template, "GET " + template, "/" + template, renamed} {
			found := r.route(route)
			require.NotNil(t, found, route)
			var routes []string
			for _, rule := range found.rules {
				routes = append(routes, rule.api.Route)
			}
			require.Contains(t, routes, template, route)
		}
	})
}

func FuzzRoutes(f *testing.F) {
	for i, segment := range templateSegments {
		f.Add("/a/"+segment, "/a/"+pathSegments[i%len(pathSegments)])
	}
	f.Fuzz(func(t *testing.T, template, path string) {
		api, err := rulefile.ParseAPI("GET " + template)
		if err != nil || api.AnyRoute() || path == "" {
			return
		}
		r := routesOf("GET", api.Route)
		found := r.of("x", &apicall.Call{Method: "GET", Path: path})
		assert.Equal(t, fitsAlone(api.Route, path), found != nil, "%q of %q", path, api.Route)
		r.route(path)
		assert.NotNil(t, r.route(api.Route), "%q", api.Route)
	})
}

func BenchmarkRoutes(b *testing.B) {
	r := routesOf("GET", "/orders/{id}", "/orders/{id}/items/{item}", "/api/v1/users/{id}/addresses", "/orders/export", "/admin/**", "/files/{id}.pdf", "/carts")
	for _, of := range []struct {
		name  string
		given bool
		texts [8]string
	}{
		{"Given", true, [8]string{
			"/orders/{id}", "/orders/{orderId}/items/{item}", "/api/v1/users/{user_id}/addresses", "/admin/a/b", "/carts", "/health", "/orders/export", "/api/v1/nothing",
		}},
		{"GivenInOtherStyles", true, [8]string{
			"GET /orders/{id}", "/orders/:id/items/:item", "/api/v1/Users/<int:id>/addresses", "/admin/{x...}", "/carts(.:format)", "/files/{name}.pdf",
			"/orders/{id:[0-9]+}", "/Orders/Export",
		}},
		{"Path", false, [8]string{"/orders/42", "/orders/7/items/8", "/api/v1/users/abc/addresses", "/admin/a/b", "/carts", "/health", "/orders/export", "/files/a.pdf"}},
		{"PathInDisguise", false, [8]string{"//orders/42", "/Orders/7/items/8", "/api/v1/users;a/abc/addresses", "/%61dmin/a/b", "/carts///", "/x.pdf", "/orders/;a/x", "/files/a%2epdf"}},
	} {
		b.Run(of.name, func(b *testing.B) {
			b.ReportAllocs()
			i, found := 0, 0
			for b.Loop() {
				text := of.texts[i&7]
				if r.of("x", &apicall.Call{Method: "GET", Route: text, Path: text, RouteGiven: of.given}) != nil {
					found++
				}
				i++
			}
			require.Positive(b, found)
		})
	}
	b.Run("WorstPath", func(b *testing.B) {
		r := routesOf("POST", forked(13)...)
		b.ReportAllocs()
		for b.Loop() {
			r.of("x", &apicall.Call{Method: "GET", Path: "/a/a/a/a/a/a/a/a/a/a/a/a/a"})
		}
	})
}
