package baseline

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Where no instrumentation tells routes, a route is a template of the path: what a caller writes behind /greet/ may make it
// another route, of which nothing is known. So what is behind a prefix is looked at as well, whatever route it makes.

// ownRoute is true if the route is what this project makes of the path.
func ownRoute(route, path string, scratch []byte) bool {
	return string(apicall.AppendRoute(scratch[:0], path)) == route
}

// families makes rules about the paths behind a prefix, for one service.
func (b *builder) families(apis []*API) {
	for _, a := range apis {
		prefix, ok := strings.CutSuffix(a.Route, "/{id}")
		if !ok || !a.Templated || prefix == "" || strings.ContainsAny(prefix, "{*") {
			continue
		}
		segment, claim := a.lastSegment()
		if segment == "" {
			continue
		}
		patterns := []string{segment}
		support := claim.Held
		for _, other := range apis {
			rest, under := strings.CutPrefix(other.Route, prefix+"/")
			if other != a && under && other.Method == a.Method {
				patterns = append(patterns, routePattern(rest))
				support.Calls += other.Seen.Calls
			}
		}
		scope, err := rulefile.ParseAPI(a.Method + " " + prefix + "/**")
		if err != nil {
			continue
		}
		slices.Sort(patterns[1:])
		b.api, b.scope = a, scope
		pattern := "(?i)^" + regexp.QuoteMeta(prefix) + "(/(" + strings.Join(slices.Compact(patterns), "|") + "))?/?$"
		b.consider(&candidate{
			kind: "format", what: "path", check: "call.path.matches(" + quoted(pattern) + ")",
			message:  "what follows " + prefix + " in the path does not look as it does otherwise",
			sentence: "paths behind " + prefix + " are as " + strings.Join(patterns, " or "),
			evidence: Evidence{
				Calls: support.Calls, Sessions: support.Sessions, Distinct: a.parameter("id").Values.distinct(), Risk: 1 / float64(support.Sessions+2),
			},
			least: leastOften, family: true,
		})
	}
}

// lastSegment is the pattern of the values of the last segment; "" where nothing is sure.
func (a *API) lastSegment() (string, *Claim) {
	c := a.parameter("id")
	if c == nil || c.Values.distinct() < leastTexts {
		return "", nil
	}
	var set classSet
	for i := range c.Classes {
		class := c.Classes[i].Class
		if c.Classes[i].Seen.Sessions == 1 || class < 128 && !strings.ContainsRune("-._~", rune(class)) || class == wideClass || class == brokenClass {
			return "", nil
		}
		set.add(class)
	}
	if set.has(lowerClass) || set.has(upperClass) {
		set.add(lowerClass)
		set.add(upperClass)
		set.add(digitClass)
	}
	return set.pattern() + "+", &c.Kinds[text]
}

// parameter is the column of a parameter of the path, nil if there is none.
func (a *API) parameter(name string) *Column {
	if id := a.roots[pathPart]; id > 0 {
		if child, ok := a.Places[id-1].children[name]; ok {
			return &a.Places[child].Column
		}
	}
	return nil
}

// routePattern is a pattern of the paths of a route.
func routePattern(route string) string {
	segments := strings.Split(route, "/")
	for i, s := range segments {
		switch {
		case strings.Contains(s, "*"):
			segments[i] = ".*"
		case strings.Contains(s, "{"):
			segments[i] = "[^/]+"
		default:
			segments[i] = regexp.QuoteMeta(s)
		}
	}
	return strings.Join(segments, "/")
}

// routes makes the rule about the APIs that a service has.
func (b *builder) routes(service string, apis []*API) {
	b.api, b.scope = nil, rulefile.API{Route: "*", Text: "*"}
	byMethod := make(map[string][]string)
	sessions, calls, rare, born := 0, 0, 0, 0
	for _, a := range apis {
		byMethod[a.Method] = append(byMethod[a.Method], a.Route)
		sessions, calls, born = sessions+a.Seen.Sessions, calls+a.Seen.Calls, max(born, a.Born)
		if a.Seen.Sessions == 1 {
			rare++
		}
	}
	sessions = min(sessions, b.result.Counts.Sessions)
	var conditions []string
	for _, method := range sortedKeys(byMethod) {
		names := byMethod[method]
		for _, n := range slices.Clone(names) { // with and without a slash at the end it is one API
			if n != "/" {
				names = append(names, n+"/")
			}
		}
		slices.Sort(names)
		conditions = append(conditions, "call.method == "+quoted(method)+" && call.route in ["+quotedList(names)+"]")
	}
	c := &candidate{
		kind: "novelty", what: service + ".apis", check: strings.Join(conditions, " || "),
		message:  "an API is called that has never been called",
		sentence: service + " has no other APIs than those that were seen",
		evidence: Evidence{
			Calls: calls, Sessions: sessions, Distinct: len(apis), LastChange: float64(born) / float64(max(1, b.learner.state.Calls)),
			Risk: (float64(rare) + 0.5) / float64(sessions+1),
		},
		least: leastListed, service: service,
	}
	switch {
	case rare > 0:
		c.why = whyRare
	case b.learner.state.Unlisted > 0:
		c.why = whyMany
	case len(apis) < leastAPIs: // of a service that is hardly used, most is still to come
		c.why = whyFew
	}
	b.consider(c)
}
