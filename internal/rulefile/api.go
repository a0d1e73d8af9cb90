package rulefile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spanwarden/spanwarden/internal/nearest"
)

// anything is the route, the method and the service that stands for all.
const anything = "*"

// API is what a rule is about: calls of a route by a method.
type API struct {
	// Methods are in upper case and in the order of the file, each once; nil: any.
	Methods []string
	// Route is the template as written: {x}, :x and <x> are parameters, a trailing /**, /*, {x...} or {*x} matches the
	// rest, and "*" any.
	Route string
	// Text is the whole in its canonical form: "GET|HEAD /orders/{id}", "* /orders", "*".
	Text string
	// Line and Column are where it stands in the file, from 1; 0 if it comes from none.
	Line, Column int
}

// methods are those that calls can have: of RFC 9110, PATCH, QUERY and WebDAV (RFC 4918, 3253, 3744), and what the
// semantic conventions write for all others.
var methods = []string{
	"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
	"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "ACL", "_OTHER",
}

// ParseAPI reads "METHOD ROUTE" or "*". The method may be several with | between them, in any case, or *.
func ParseAPI(text string) (API, error) {
	trimmed := strings.Trim(text, " \t")
	if trimmed == "" {
		return API{}, errors.New("is empty: write a method and a route, such as GET /orders/{id}, or * for every API")
	}
	if trimmed == anything {
		return newAPI(nil, anything), nil
	}
	method, route := trimmed, ""
	if i := strings.IndexAny(trimmed, " \t"); i >= 0 {
		method, route = trimmed[:i], strings.TrimLeft(trimmed[i:], " \t")
	}
	switch {
	case strings.HasPrefix(method, "/"):
		return API{}, fmt.Errorf("%s has no method: write it as GET %s, or as * %s for every method",
			quote(text), clip(trimmed), clip(trimmed))
	case route == "":
		return API{}, fmt.Errorf("%s has no route: write it as %s /orders/{id}, or as %s * for every route",
			quote(text), clip(method), clip(method))
	}
	known, err := parseMethods(method)
	if err != nil {
		return API{}, fmt.Errorf("%s has %w", quote(text), err)
	}
	if err := checkRoute(method, route); err != nil {
		return API{}, fmt.Errorf("%s has %w", quote(text), err)
	}
	return newAPI(known, route), nil
}

func newAPI(methods []string, route string) API {
	a := API{Methods: methods, Route: route}
	a.Text = a.String()
	return a
}

// String returns the API as a file has it, made of its methods and its route.
func (a API) String() string {
	switch {
	case len(a.Methods) > 0:
		return strings.Join(a.Methods, "|") + " " + a.Route
	case a.Route == anything:
		return anything
	}
	return anything + " " + a.Route
}

// HasMethod is whether the API is about calls with this method, which is in upper case.
func (a API) HasMethod(method string) bool {
	return len(a.Methods) == 0 || slices.Contains(a.Methods, method)
}

// AnyRoute is whether the API is about calls of every route.
func (a API) AnyRoute() bool {
	return a.Route == anything
}

func parseMethods(text string) ([]string, error) {
	if text == anything {
		return nil, nil
	}
	var known []string
	for name := range strings.SplitSeq(text, "|") {
		method := strings.ToUpper(name)
		switch {
		case name == "":
			return nil, errors.New("an empty method: write one on each side of |")
		case name == anything:
			return nil, errors.New("a * among its methods: write either * alone or the methods")
		case !slices.Contains(methods, method):
			return nil, fmt.Errorf("the unknown method %s: %s", quote(name), nearest.Hint(method, methods))
		case !slices.Contains(known, method):
			known = append(known, method)
		}
	}
	return known, nil
}

// checkRoute refuses routes that no call can have, as far as that can be seen.
func checkRoute(method, route string) error {
	if route == anything {
		return nil
	}
	if !strings.HasPrefix(route, "/") {
		return fmt.Errorf("no leading slash: write it as %s %s", clip(method), clip(withSlash(route)))
	}
	if len(route) > MaxRouteBytes {
		return fmt.Errorf("a route of %d bytes: routes are cut after %d", len(route), MaxRouteBytes)
	}
	if !utf8.ValidString(route) || strings.ContainsFunc(route, unicode.IsControl) {
		return errors.New("a control character or a byte that is no text in it: take it out")
	}
	plain, closed := outsideBraces(route)
	if !closed {
		return errors.New("a { without its }, or the other way round: write parameters as {id}")
	}
	if i := strings.IndexByte(plain, '?'); i >= 0 && strings.Contains(plain[i:], "=") {
		return errors.New("a query: a route ends before the ?")
	}
	if strings.ContainsFunc(plain, unicode.IsSpace) {
		return errors.New("a space in its route: write several APIs as a list")
	}
	if strings.Contains(strings.TrimSuffix(route, "/**"), "**") {
		return errors.New("a ** that is not the last segment: only a trailing /** matches the rest")
	}
	return nil
}

// withSlash returns the path of a URL or of what lacks its slash.
func withSlash(route string) string {
	route, _, _ = strings.Cut(route, "?")
	if _, address, isURL := strings.Cut(route, "://"); isURL {
		_, path, _ := strings.Cut(address, "/")
		return "/" + path
	}
	return "/" + route
}

// outsideBraces returns what of the route is in no braces, and whether all of them are closed. In braces may be
// expressions, which have braces of their own: {id:[0-9]{3}}.
func outsideBraces(route string) (plain string, closed bool) {
	var out strings.Builder
	depth := 0
	for i := range len(route) {
		switch route[i] {
		case '{':
			depth++
		case '}':
			depth--
			if depth < 0 {
				return "", false
			}
		default:
			if depth == 0 {
				out.WriteByte(route[i])
			}
		}
	}
	return out.String(), depth == 0
}

// clip shortens what somebody wrote for an error.
func clip(text string) string {
	quoted := quote(text)
	if q, short := strings.CutSuffix(quoted, "…"); short {
		return q[1:len(q)-1] + "…"
	}
	return quoted[1 : len(quoted)-1]
}
