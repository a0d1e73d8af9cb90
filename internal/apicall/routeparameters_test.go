package apicall

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// routeParametersOf collects the parameters as "name=value", in the order of the calls.
func routeParametersOf(route, path string) (list []string, fits bool) {
	fits = RouteParameters(route, path, func(name, value string) {
		list = append(list, strings.Clone(name)+"="+strings.Clone(value))
	})
	return list, fits
}

var fittingRoutes = []struct {
	route, path string
	want        []string
}{
	// Frameworks
	{"/orders/{id}", "/orders/7", []string{"id=7"}},
	{"/users/{user}/orders/{order}", "/users/jo/orders/7", []string{"user=jo", "order=7"}},
	{"/orders/{id:[0-9]+}", "/orders/7", []string{"id=7"}},
	{"/orders/{id:[0-9]{1,3}}/items", "/orders/7/items", []string{"id=7"}},
	{"/orders/{id:[^/]+}/items", "/orders/7/items", []string{"id=7"}},
	{"/orders/{ id : [0-9]+ }", "/orders/7", []string{"id=7"}},
	{"api/Orders/{id:int}", "/api/orders/7", []string{"id=7"}},
	{"/orders/{id?}", "/orders/7", []string{"id=7"}},
	{"/orders/{id?}", "/orders", nil},
	{"/orders/{id:int?}", "/orders/", nil},
	{"/orders/{page=1}", "/orders", nil},
	{"/orders/{page=1}", "/orders/2", []string{"page=2"}},
	{"/orders/:id", "/orders/7", []string{"id=7"}},
	{"/orders/:id/items/:item_id", "/orders/7/items/8", []string{"id=7", "item_id=8"}},
	{`/orders/:id(\d+)`, "/orders/7", []string{"id=7"}},
	{"/orders/:id?", "/orders", nil},
	{"/orders/:id?", "/orders/7", []string{"id=7"}},
	{"/flights/:from-:to", "/flights/muc-jfk", []string{"from=muc", "to=jfk"}},
	{"/files/:name.:ext", "/files/a.pdf", []string{"name=a", "ext=pdf"}},
	{"/orders/<id>", "/orders/7", []string{"id=7"}},
	{"/orders/<int:id>", "/orders/7", []string{"id=7"}},
	{"orders/<int:pk>/", "/orders/7/", []string{"pk=7"}},
	{`/orders/<regex("[a-z:/]{3}"):id>`, "/orders/abc", []string{"id=abc"}},
	{"GET /orders/{id}", "/orders/7", []string{"id=7"}},
	{"/orders/{id}/{$}", "/orders/7/", []string{"id=7"}},
	{"/{$}", "/", nil},
	{"/orders/:id(.:format)", "/orders/7.json", []string{"id=7"}},
	{"/orders/:id(.:format)", "/orders/7", []string{"id=7"}},
	{"/logo.png(.:format)", "/logo.png", nil},
	{"/shops(.:format)", "/shops.json/", nil},
	{"/{a}-{b}(.:format)", "/1-2%2Ejson", []string{"a=1", "b=2"}},
	{"/files/*path(.:format)", "/files/a.d/b.txt", []string{"path=a.d/b"}},
	// All that follows
	{"/files/{*rest}", "/files/a/b/c.txt", []string{"rest=a/b/c.txt"}},
	{"/files/{**path}", "/files/a/b", []string{"path=a/b"}},
	{"/files/{path...}", "/files/a/b", []string{"path=a/b"}},
	{"/files/{path:.*}", "/files/a/b", []string{"path=a/b"}},
	{"/files/{path:path}", "/files/a/b", []string{"path=a/b"}},
	{"/files/<path:name>", "/files/a/b", []string{"name=a/b"}},
	{"/files/*path", "/files/a/b", []string{"path=a/b"}},
	{"/files/:path*", "/files/a/b", []string{"path=a/b"}},
	{"/files/:path+", "/files/a/b", []string{"path=a/b"}},
	{"/files/:path(.*)", "/files/a/b", []string{"path=a/b"}},
	{"/files/*", "/files/a/b", []string{"rest=a/b"}},
	{"/files/**", "/files/a/b", []string{"rest=a/b"}},
	{"/files/{*}", "/files/a/b", []string{"rest=a/b"}},
	{"/files/**", "/files", nil},
	{"/files/**", "/files/", nil},
	{"/*", "/a/b", []string{"rest=a/b"}},
	{"/:tenant/files/*", "/t/files/a//b/", []string{"tenant=t", "rest=a//b/"}},
	{"/a/*/b", "/a/x/b", []string{"id=x"}},
	{"/a/*.js", "/a/app.js", []string{"id=app"}},
	// Text beside parameters
	{"/reports/{id}.pdf", "/reports/7.pdf", []string{"id=7"}},
	{"/reports/{name}.pdf", "/reports/a.pdf.PDF", []string{"name=a.pdf"}},
	{"/projects/{id}:cancel", "/projects/7:cancel", []string{"id=7"}},
	{"/flights/{from}-{to}", "/flights/muc-jfk-x", []string{"from=muc", "to=jfk-x"}},
	{"/v{version}/a", "/V2/a", []string{"version=2"}},
	{"/maps/{x},{y}@{zoom}x", "/maps/1.5,-2@10x", []string{"x=1.5", "y=-2", "zoom=10"}},
	{"/a/{x}{y}", "/a/123", []string{"x=1", "y=23"}},
	{"/a/{x}AND{y}", "/a/1and2", []string{"x=1", "y=2"}},
	{"/books:search", "/books:search", nil},
	{"/a/:", "/a/:", nil},
	{"/a/:b%20", "/a/:b ", []string{"b=:b"}},
	{"/a/{", "/a/{", nil},
	{"/a/<(", "/a/<(", nil},
	// Text in other ways to write it
	{"/reports/{id}.pdf", "/reports/7%2epdf", []string{"id=7"}},
	{"/reports/{id}.pdf", "/reports/%37%2e%50df", []string{"id=7"}},
	{"/reports/{id}%2Epdf", "/reports/7.PDF", []string{"id=7"}},
	{"/reports/{id}pdf", "/reports/%2epdf", []string{"id=."}},
	{"/flights/{from}-{to}", "/flights/%2d%2dmuc", []string{"from=-", "to=muc"}},
	{"/a/{x}2e{y}", "/a/%2e2ex", []string{"x=.", "y=x"}},
	{"/a/{x}{y}", "/a/%41b", []string{"x=A", "y=b"}},
	{"/ä/Ä{x}k", "/%C3%84/ä7%E2%84%AA", []string{"x=7"}},
	{"/%c3/%c3%28", "/\xc3/\xc3(", nil},
	// Names
	{"/orders/{id}/items/{id}", "/orders/7/items/8", []string{"id=7", "id2=8"}},
	{"/{a}/{id}/{a}/{id}/{a}", "/1/2/3/4/5", []string{"a=1", "id=2", "a2=3", "id2=4", "a3=5"}},
	{"/{id2}/{id}/{id}", "/1/2/3", []string{"id2=1", "id=2", "id34=3"}},
	{"/{}/{}", "/1/2", []string{"id=1", "id2=2"}},
	{"/reports/{date}/{id}.pdf", "/reports/2024-01-31/7.pdf", []string{"date=2024-01-31", "id=7"}},
	// Values
	{"/users/{name}", "/users/J%C3%BCrgen%20M", []string{"name=Jürgen M"}},
	{"/users/{name}/{x}", "/users/%41/%42", []string{"name=A", "x=B"}},
	{"/users/{name}", "/users/a+b", []string{"name=a+b"}},
	{"/users/{name}", "/users/a%2Fb", []string{"name=a/b"}},
	{"/users/{name}", "/users/100%", []string{"name=100%"}},
	{"/users/{name}", "/users/%41%zz", []string{"name=%41%zz"}},
	{"/users/{name}", "/users/%ff", []string{"name=\xff"}},
	{"/files/*", "/files/a%20b/c", []string{"rest=a b/c"}},
	{"/orders/{id}/items", "/orders/7;jsessionid=AB/items;jsessionid=AB", []string{"id=7"}},
	{"/orders/{id}", "/orders/7;JSESSIONID=AB", []string{"id=7"}},
	{"/orders/{id}", "/orders/7;a=1", []string{"id=7;a=1"}},
	{"/orders/{id}.pdf", "/orders/7.pdf;a=1", []string{"id=7"}},
	{"/orders/{id}", "/orders;a=1/;b/7", []string{"id=7"}},
	{"/straße/{id}", "/stra%C3%9Fe/7", []string{"id=7"}},
	{"/a%2fb/{id}", "/A%2FB/7", []string{"id=7"}},
	// Slashes and mounts
	{"/", "/", nil},
	{"/orders", "/orders/", nil},
	{"/orders/", "/orders", nil},
	{"/orders/{id}", "//orders///7", []string{"id=7"}},
	{"/orders/{id}", "/api/v1/orders/7", []string{"id=7"}},
	{"/{id}", "/orders/7", []string{"id=7"}},
	{"/files/*", "/api/files/a/b", []string{"rest=a/b"}},
	{"/orders/{id?}", "/api/orders", nil},
	{"/orders/{id}", "/1/2/3/4/5/6/7/8/orders/7", []string{"id=7"}},
}

var unfitRoutes = [][2]string{
	{"", "/"},
	{"", ""},
	{"/", ""},
	{"/", "/orders"},
	{"/{$}", "/orders"},
	{"/orders/{id}", "/orders"},
	{"/orders/{id}", "/orders/"},
	{"/orders/{id}", "/orders/7/items"},
	{"/orders/{id}/items", "/orders/7"},
	{"/orders/{id}", "/users/7"},
	{"/orders/{id}.pdf", "/orders/7"},
	{"/orders/{id}.pdf", "/orders/.pdf"},
	{"/orders/v{id}", "/orders/7"},
	{"/orders/{from}-{to}", "/orders/a"},
	{"/orders/{from}-{to}", "/orders/-a"},
	{"/orders/{from}-{to}", "/orders/a-"},
	{"/a/{x}{y}", "/a/1"},
	{"/a/{x}{y}", "/a/%41"},
	{"/a/{x}2e", "/a/%2e"},
	{"/a/%2541", "/a/%41"},
	{"/%c3", "/%c4"},
	{"/%c3%a4", "/%c3"},
	{"/shops(.:format)", "/shops.json/7"},
	{"/shops(.:format)", "/.json"},
	{"/orders/{id", "/orders/7"},
	{"/files/*", "/other/a"},
	{"/books:search", "/books:find"},
	{"/orders/{id}", "/1/2/3/4/5/6/7/8/9/orders/7"},
	{"/orders/" + strings.Repeat("{", 600), "/orders/7"},
}

func TestRouteParameters(t *testing.T) {
	for _, tt := range fittingRoutes {
		got, fits := routeParametersOf(tt.route, tt.path)
		assert.True(t, fits, "%s in %s", tt.route, tt.path)
		assert.Equal(t, tt.want, got, "%s in %s", tt.route, tt.path)
	}
}

func TestPathsThatDoNotFitARoute(t *testing.T) {
	for _, tt := range unfitRoutes {
		got, fits := routeParametersOf(tt[0], tt[1])
		assert.False(t, fits, "%s in %s", tt[0], tt[1])
		assert.Empty(t, got)
	}
}

func TestLongValuesEndAtTheTextBehindThem(t *testing.T) {
	long := strings.Repeat("%41", 2000)
	for _, tt := range [][2]string{
		{"/a/{x}.pdf", "%2Epdf"},
		{"/a/{x}.pd", "%2Epd"},
		{"/a/{x}.p", "%2ep"},
		{"/a/{x}1", "%31"},
		{"/a/{x}k", "%E2%84%AA"},
		{"/a/{x}-{y}", "-7"},
	} {
		got, fits := routeParametersOf(tt[0], "/a/"+long+tt[1])
		if assert.True(t, fits, tt) {
			assert.Equal(t, "x="+strings.Repeat("A", 2000), got[0], tt)
		}
	}
	_, fits := routeParametersOf("/a/{x}.pdf", "/a/"+long+"%252Epdf")
	assert.False(t, fits)
}

func TestRouteParametersAreBounded(t *testing.T) {
	got, fits := routeParametersOf(strings.Repeat("/{a}", 2*MaxRouteParameters), strings.Repeat("/1", 2*MaxRouteParameters))
	assert.True(t, fits)
	assert.Len(t, got, MaxRouteParameters)
}

// What this package makes of a path fits that path.
func TestATemplateFitsThePathItWasMadeOf(t *testing.T) {
	check := func(t require.TestingT, path string) {
		if route := string(AppendRoute(nil, path)); route != "" {
			got, fits := routeParametersOf(route, path)
			assert.True(t, fits, "%q of %q", route, path)
			if strings.Contains(route, "{id}") {
				assert.NotEmpty(t, got, "%q of %q", route, path)
			}
		}
	}
	for _, tt := range routeCases {
		check(t, tt.path)
	}
	gen := newBatch(3)
	for range 200 {
		path, route := gen.path()
		check(t, path)
		_, fits := routeParametersOf(route, path)
		assert.True(t, fits, "%q of %q", route, path)
	}
	segment := rapid.OneOf(
		rapid.StringMatching(`[a-z0-9A-Z%._~:;=@*-]{0,12}`), rapid.StringMatching(`[a-z]{2,8}|v[0-9]|[0-9a-f]{8}-[0-9a-f]{4}|[0-9]{1,9}(\.pdf|:cancel)?`), rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		check(t, "/"+strings.Join(rapid.SliceOfN(segment, 0, 16).Draw(t, "segments"), "/"))
	})
}

// Values that are put into a template come out of it.
func TestRouteParametersAreThoseOfTheTemplate(t *testing.T) {
	styles := []string{"{%}", "{%:[a-z/]{2}}", ":%", "<%>", "<int:%>", "{%}.pdf", "x-{%}"}
	rapid.Check(t, func(t *rapid.T) {
		var route, path strings.Builder
		var want []string
		path.WriteString(rapid.SampledFrom([]string{"", "/api", "/api/v1"}).Draw(t, "mount"))
		route.WriteString("/start")
		path.WriteString("/start")
		for i := range rapid.IntRange(0, 5).Draw(t, "n") {
			style := rapid.SampledFrom(styles).Draw(t, "style")
			name, value := "p"+string(rune('a'+i)), rapid.StringMatching(`[a-z0-9]{1,10}`).Draw(t, "value")
			route.WriteString("/" + strings.ReplaceAll(style, "%", name))
			begin, end := strings.IndexAny(style, "{:<"), strings.LastIndexAny(style, "%}>")
			path.WriteString("/" + style[:begin] + value + style[end+1:])
			want = append(want, name+"="+value)
		}
		got, fits := routeParametersOf(route.String(), path.String())
		assert.True(t, fits, "%s in %s", &route, &path)
		assert.Equal(t, want, got)
	})
}

func FuzzRouteParameters(f *testing.F) {
	for _, tt := range fittingRoutes {
		f.Add(tt.route, tt.path)
	}
	for _, tt := range unfitRoutes {
		f.Add(tt[0], tt[1])
	}
	f.Fuzz(func(t *testing.T, route, path string) {
		got, fits := routeParametersOf(route, path)
		if !fits {
			assert.Empty(t, got)
		}
		assert.LessOrEqual(t, len(got), MaxRouteParameters)
		RouteParameters(route, path, func(name, value string) {
			assert.NotEmpty(t, name)
			assert.NotEmpty(t, value)
			assert.LessOrEqual(t, len(name), len(route)+len("rest10"))
			if !strings.Contains(path, "%") {
				assert.Contains(t, path, value)
			}
		})
		if own := string(AppendRoute(nil, path)); own != "" {
			assert.True(t, RouteParameters(own, path, func(_, _ string) {}), "%q of %q", own, path)
		}
	})
}
