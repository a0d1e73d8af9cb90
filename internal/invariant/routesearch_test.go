package invariant

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Whoever picks the path must not get around the rules by spelling it in another way.
func TestPathsInDisguise(t *testing.T) {
	for template, paths := range map[string]struct{ fit, others []string }{
		"/orders/{id}": {
			fit: []string{
				"/orders/42", "//orders/42", "/orders;a=1/42", "/%6frders/42", "/%6Frders/42", "/Orders/42", "/orders/42///", "/orders//42", "/orders/;a/42",
				"/;a/orders/42", "/ORDERS;jsessionid=1/42;b", "/orders/%2e", "/%4Frder%53/42?",
			},
			others: []string{"", "/", "/orders", "/orders/", "/orders/;a", "/orders/42/items", "/order/42", "/%256frders/42", "/orders%3b/42", "/api/orders/42"},
		},
		"/files/{id}.pdf":    {fit: []string{"/files/7.pdf", "/files/7%2epdf", "/FILES/7.PDF;a", "/files/a.pdf.%50df"}, others: []string{"/files/.pdf", "/files/7", "/files/7.pdfx"}},
		"/orders/export":     {fit: []string{"/orders/export;a", "/orders/%65xport", "/orders/EXPORT/"}, others: []string{"/orders/exports"}},
		"/straße/{id}":       {fit: []string{"/straße/7", "/stra%c3%9fe/7", "/STRA%C3%9FE/7", "/STRAẞE/7"}, others: []string{"/strasse/7"}},
		"/été":               {fit: []string{"/ÉTÉ", "/%C3%89t%c3%a9"}, others: []string{"/ete", "/%C3t%c3%a9"}},
		"/shops(.:format)":   {fit: []string{"/shops", "/shops.json", "/shops%2ejson", "/Shops.xml/"}, others: []string{"/shopsjson", "/shop.json", "/shops/json"}},
		"/a/{b}-c(.:format)": {fit: []string{"/a/1-c", "/a/1-c.json"}, others: []string{"/a/1-cd", "/a/1"}},
		"/orders/{id?}":      {fit: []string{"/orders", "/orders/7"}, others: []string{"/orders/7/8"}},
		"/a/{b?}.js":         {fit: []string{"/a/.js", "/a/b.js"}, others: []string{"/a/b"}},
		"/{a?}/{b?}":         {fit: []string{"/", "/1", "/1/2"}, others: []string{"/1/2/3"}},
		"/a%2fb":             {fit: []string{"/A%2Fb"}, others: []string{"/a/b"}},
	} {
		b := filed(t, [2]string{"", "GET " + template})
		for _, path := range paths.fit {
			assert.NotEmpty(t, rulesBy(b, "x", byPath(path)), "%s of %s", path, template)
		}
		for _, path := range paths.others {
			assert.Empty(t, rulesBy(b, "x", byPath(path)), "%s of %s", path, template)
		}
	}
}

// Rules that are not about the method or the service of a call hide none that are.
func TestAPathGoesOnToTemplatesWithRulesAboutTheCall(t *testing.T) {
	b := filed(t,
		[2]string{"", "POST /orders/export"}, [2]string{"", "GET /orders/{id}"}, [2]string{"", "GET /orders/export/log"}, [2]string{"", "GET /{any}/{id}"},
		[2]string{"shop", "* /orders/export"}, [2]string{"", "PUT /{any}/**"}, [2]string{"", "DELETE *"})
	for _, c := range []struct {
		service, method, path string
		want                  []string
	}{
		{"x", "POST", "/orders/export", []string{" POST /orders/export"}},
		{"x", "GET", "/orders/export", []string{" GET /orders/{id}"}},
		{"shop", "GET", "/orders/export", []string{"shop * /orders/export"}},
		{"shop", "POST", "/orders/export", []string{" POST /orders/export", "shop * /orders/export"}},
		{"x", "GET", "/orders/export/log", []string{" GET /orders/export/log"}},
		{"x", "PUT", "/orders/export", []string{" PUT /{any}/**"}},
		{"x", "PUT", "/orders/export/log/7", []string{" PUT /{any}/**"}},
		{"x", "DELETE", "/orders/export", []string{" DELETE *"}},
		{"shop", "DELETE", "/orders/export", []string{"shop * /orders/export", " DELETE *"}},
		{"x", "PATCH", "/orders/export", nil},
		{"x", "GET", "/", nil},
		{"x", "DELETE", "/", []string{" DELETE *"}},
	} {
		assert.Equal(t, c.want, rulesBy(b, c.service, apicall.Call{Method: c.method, Path: c.path}), "%s: %s %s", c.service, c.method, c.path)
	}
}

// A rule of every route comes with a template, and makes it no template about the call.
func TestARuleOfEveryRouteHidesNone(t *testing.T) {
	b := filed(t, [2]string{"", "*"}, [2]string{"", "POST /orders/export"}, [2]string{"", "GET /orders/export/log"}, [2]string{"", "GET /orders/{id}"})
	assert.Equal(t, []string{" GET /orders/{id}", " *"}, rulesBy(b, "x", byPath("/orders/export")))
	assert.Equal(t, []string{" *"}, rulesBy(b, "x", byPath("/orders")))
}

func TestTheTemplateWithMostTextGoesFirst(t *testing.T) {
	b := filed(t, [2]string{"", "GET /{x}"}, [2]string{"", "GET /{x}.js"}, [2]string{"", "GET /{x}.min.js"}, [2]string{"", "GET /{x?}.css"}, [2]string{"", "GET /a.min.js"})
	for path, want := range map[string]string{
		"/a.min.js": "/a.min.js", "/b.min.js": "/{x}.min.js", "/b.js": "/{x}.js", "/b.css": "/{x?}.css", "/b": "/{x}",
	} {
		assert.Equal(t, []string{" GET " + want}, rulesBy(b, "x", byPath(path)), path)
	}
}

// Templates that are the same but for an extension, or for what may be absent, have their rules judged together where
// both fit.
func TestPathsOfTemplatesThatDifferInWhatMayBeAbsent(t *testing.T) {
	b := filed(t,
		[2]string{"", "GET /orders/{id}"}, [2]string{"", "GET /orders/:id(.:format)"},
		[2]string{"", "GET /files/:x.pdf(.:format)"}, [2]string{"", "GET /files/{x}.pdf"},
		[2]string{"", "GET /shops"}, [2]string{"", "GET /shops(.:format)"},
		[2]string{"", "GET /a/{x}.js"}, [2]string{"", "GET /a/{x?}.js"},
		[2]string{"", "GET /b/{x}-c(.:format)"}, [2]string{"", "GET /b/{x}-c"})
	for path, want := range map[string][]string{
		"/orders/7":    {" GET /orders/{id}", " GET /orders/:id(.:format)"},
		"/files/7.pdf": {" GET /files/:x.pdf(.:format)", " GET /files/{x}.pdf"},
		"/shops":       {" GET /shops", " GET /shops(.:format)"},
		"/shops.json":  {" GET /shops(.:format)"},
		"/a/.js":       {" GET /a/{x?}.js"},
		"/b/1-c.json":  {" GET /b/{x}-c(.:format)"},
	} {
		assert.Equal(t, want, rulesBy(b, "x", byPath(path)), path)
	}
}

// forked are templates that all fit /a/a/a...: text or a parameter in each segment.
func forked(segments int) (templates []string) {
	for bits := range 1 << segments {
		var template strings.Builder
		for i := range segments {
			template.WriteString([]string{"/a", "/{x}"}[bits>>i&1])
		}
		templates = append(templates, template.String())
	}
	return templates
}

func routesOf(method string, templates ...string) *routes {
	t := new(routes)
	for _, template := range templates {
		t.add(scopedAPI{&scoped{}, rulefile.API{Methods: []string{method}, Route: template}})
	}
	t.inherit(nil)
	return t
}

// A path that all of many templates fit must not be tried in all ways.
func TestAPathIsNotTriedForEver(t *testing.T) {
	const segments = 14 // 32768 places
	r := routesOf("POST", append(forked(segments), "/**")...)
	path := strings.Repeat("/a", segments)
	s := search{method: "GET", steps: maxSteps}
	assert.Nil(t, s.find(&r.paths, path))
	assert.LessOrEqual(t, s.steps, 0, "there were more ways than steps")
	assert.Greater(t, s.steps, -10*segments)

	s = search{method: "POST", steps: 1}
	found := s.find(&r.paths, path)
	require.NotNil(t, found, "what is found without a step more counts")
	assert.Equal(t, "/**", found.rules[0].api.Route)
}

// Neither must a segment be held against any number of templates.
func TestASegmentIsNotTriedForEver(t *testing.T) {
	templates := []string{"/**"}
	for i := range 2 * maxSteps {
		templates = append(templates, fmt.Sprintf("/{x}-%d", i))
	}
	r := routesOf("GET", templates...)
	s := search{method: "GET", steps: maxSteps}
	found := s.find(&r.paths, "/a")
	require.NotNil(t, found)
	assert.Equal(t, "/**", found.rules[0].api.Route)
	assert.Equal(t, 0, s.steps)
}

func TestASegmentThatIsLongerThanAnyTemplateIsNoText(t *testing.T) {
	b := filed(t, [2]string{"", "GET /orders/{id}"}, [2]string{"", "GET /{x}/{y}"})
	long := strings.Repeat("orders", 1000)
	assert.Equal(t, []string{" GET /{x}/{y}"}, rulesBy(b, "x", byPath("/"+long+"/7")))
	assert.Equal(t, []string{" GET /orders/{id}"}, rulesBy(b, "x", byPath("/orders;"+long+"/7")))
}

func TestAllWaysOfManyTemplatesAreTried(t *testing.T) {
	const segments = 9
	r := routesOf("POST", forked(segments)...)
	last := strings.Repeat("/{y}", segments)
	r.add(scopedAPI{&scoped{}, rulefile.API{Methods: []string{"GET"}, Route: last}})
	found := r.of("x", &apicall.Call{Method: "GET", Path: strings.Repeat("/a", segments)})
	require.NotNil(t, found)
	assert.Equal(t, last, found.rules[len(found.rules)-1].api.Route)
}
