package apicall

import (
	"strings"
	"unicode/utf8"
)

// Limits of a route: a caller picks the paths, so their templates are bounded.
const (
	// MaxRouteBytes is the longest route.
	MaxRouteBytes = 200
	// MaxRouteSegments is the largest number of segments; empty ones count.
	MaxRouteSegments = 12
	// maxSegmentBytes is the longest segment that is still taken for a name, after percent-decoding.
	maxSegmentBytes = 64
)

// rest stands for what a route is cut of.
const rest = "/*"

// AppendRoute appends the template of a path to dst: what names a thing rather than a kind of thing becomes "{id}" or
// "{date}". It is idempotent, and appends at most [MaxRouteBytes] of printable ASCII.
//
// By segment:
//   - Numbers, UUIDs, long hexadecimal, tokens, e-mail addresses, ids with a prefix (user-12345, ord_7f3a9c) and
//     everything with characters that routes do not have (quotes, braces, encoded slashes, control bytes) or longer
//     than 64 bytes become {id}; calendar dates {date}.
//   - Words stay, also with a digit or three in them (oauth2, s3, log4j), and so do versions (v1, v2.1).
//   - Files stay (app.js, logo-120x120.png); where the stem is an id, it becomes {id}.pdf. So do custom verbs: {id}:cancel.
//   - Parameters (;jsessionid=...) go. Percent-encoding is normalised (RFC 3986, section 6.2.2); raw bytes that are not
//     printable ASCII are encoded.
//   - Empty segments stay: // is not /.
//
// From the thirteenth segment or the 200th byte on, the rest is "/*".
func AppendRoute(dst []byte, path string) []byte {
	out, changed := appendRoute(dst, path)
	if !changed {
		return append(out, path...)
	}
	return out
}

// templated returns the template of a path: the path itself if it has nothing to replace, else text in the scratch.
func templated(path string, s *Scratch) string {
	out, changed := appendRoute(s.route[:0], path)
	if !changed {
		return path
	}
	return view(out)
}

// boundRoute cuts a route that was given. It is the instrumentation's own text, and stays as it is otherwise.
func boundRoute(route string) string {
	if len(route) <= MaxRouteBytes {
		return route
	}
	n := MaxRouteBytes
	for n > 0 && !utf8.RuneStart(route[n]) {
		n--
	}
	return route[:n]
}

// appendRoute is AppendRoute but for a path that needs no change: of that it appends nothing.
func appendRoute(dst []byte, path string) (out []byte, changed bool) {
	w := routeWriter{out: dst, base: len(dst), path: path}
	start := 0
	if strings.HasPrefix(path, "/") {
		start = 1 // what stands before the leading slash is no segment
	}
	for segments := 1; start <= len(path); segments++ {
		end, seen := scanSegment(path, start)
		if segments > MaxRouteSegments || !w.segment(start, end, seen) {
			w.cut(start)
			break
		}
		start = end + 1
	}
	return w.out, w.changed
}

// scanSegment finds the end of the segment at start, and which kinds of bytes it has; one that is too long for a name
// counts as other. One loop does both, as most segments are shorter than the call of a faster search.
func scanSegment(path string, start int) (end int, seen class) {
	limit := min(len(path), start+maxSegmentBytes+1)
	for end = start; end < limit; end++ {
		if path[end] == '/' {
			return end, seen
		}
		seen |= classes[path[end]]
	}
	if end == len(path) && end-start <= maxSegmentBytes {
		return end, seen
	}
	if i := strings.IndexByte(path[end:], '/'); i >= 0 {
		return end + i, seen | other
	}
	return len(path), seen | other
}

// routeWriter copies nothing before the first change.
type routeWriter struct {
	out     []byte
	base    int // where the route begins in out
	path    string
	changed bool
}

// segment adds path[start:end]; it is false if that does not fit.
func (w *routeWriter) segment(start, end int, seen class) bool {
	const limit = MaxRouteBytes - len(rest)
	raw := w.path[start:end]
	v := verdict{stays: true, text: raw}
	if !isPlainWord(raw, seen) {
		v = judge(raw, seen)
	}
	if v.stays && !w.changed {
		return end <= limit
	}
	w.startSegment(start)
	mark := len(w.out)
	w.out = v.append(w.out)
	if len(w.out)-w.base > limit {
		w.out = w.out[:max(w.base, mark-1)] // the slash goes with it
		return false
	}
	return true
}

// startSegment adds the slash before a segment, and at the first change all that stayed before it.
func (w *routeWriter) startSegment(start int) {
	switch {
	case !w.changed:
		w.out = append(w.out, w.path[:start]...)
		w.changed = true
	case start > 0:
		w.out = append(w.out, '/')
	}
}

// cut ends the route before the segment at start.
func (w *routeWriter) cut(start int) {
	if !w.changed {
		w.out = append(w.out, w.path[:start-1]...)
		w.changed = true
	}
	w.out = append(w.out, rest...)
}
