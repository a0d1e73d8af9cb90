package baseline

import (
	"strings"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

// Rules are found by the shape of a route, and where no instrumentation tells routes by the path. So rules of one API may be
// found for the calls of another: those that overlap say which route they mean.

// overlaps tells which APIs of a service have a route whose rules may be found for calls of another.
func overlaps(apis []*API) map[*API]bool {
	found := make(map[*API]bool)
	for i, a := range apis {
		one := segmentsOf(a.Route)
		if endless(one) {
			found[a] = true
		}
		for _, b := range apis[i+1:] {
			if a.Method == b.Method && overlap(one, segmentsOf(b.Route)) {
				found[a], found[b] = true, true
			}
		}
	}
	return found
}

func segmentsOf(route string) (segments []apicall.RouteSegment) {
	t := apicall.ReadRoute(route)
	for {
		s, more := t.Next()
		if !more {
			return segments
		}
		segments = append(segments, s)
	}
}

// endless is true for a route that takes all that follows, or none in particular.
func endless(segments []apicall.RouteSegment) bool {
	n := len(segments)
	return n > 0 && (segments[n-1].Kind == apicall.RestSegment || strings.Contains(segments[n-1].Text, "*"))
}

// overlap is true if a path may fit both, also where one is mounted somewhere.
func overlap(a, b []apicall.RouteSegment) bool {
	if endless(a) || endless(b) {
		return true
	}
	for i := 1; i <= min(len(a), len(b)); i++ { // from the end
		s, t := &a[len(a)-i], &b[len(b)-i]
		if s.Kind == apicall.FixedSegment && t.Kind == apicall.FixedSegment && !strings.EqualFold(s.Text, t.Text) {
			return false
		}
	}
	return len(a) > 0 && len(b) > 0
}

// only writes that a call is of that very route.
func (a *API) only() string {
	if a.Route == "/" {
		return `call.route == "/"`
	}
	return "call.route in [" + quoted(a.Route) + ", " + quoted(a.Route+"/") + "]"
}
