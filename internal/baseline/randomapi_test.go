package baseline

import (
	"fmt"
	"math/rand/v2"
	"time"

	"pgregory.net/rapid"
)

// world is what values of the i-th call may be about.
type world struct {
	*rand.Rand
	i    int
	user string
	id   string // in the path
}

// maker makes a value of a call.
type maker func(w *world) any

// anyValue are values of one place: of one kind, or of several.
func anyValue(t *rapid.T, depth int) maker {
	kinds := 14
	if depth > 2 {
		kinds = 10
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		x := rapid.SampledFrom([]any{nil, true, 0, 1, -1, 1.5, "", "a", "1", "true", "é", uint64(1) << 63, 1e300}).Draw(t, "constant")
		return func(*world) any { return x }
	case 1:
		n := rapid.IntRange(1, 30).Draw(t, "n")
		return func(w *world) any { return w.IntN(n) }
	case 2:
		n := rapid.IntRange(1, 30).Draw(t, "n")
		return func(w *world) any { return fmt.Sprint("value ", w.IntN(n)) }
	case 3:
		return func(w *world) any { return uuid(w.Rand) }
	case 4:
		return func(w *world) any { return monday.AddDate(0, 0, w.IntN(9)).Format(time.DateOnly) }
	case 5:
		return func(w *world) any { return w.user }
	case 6:
		return func(w *world) any { return w.id }
	case 7:
		most := rapid.SampledFrom([]int64{100, 1e9, 1e18}).Draw(t, "most")
		return func(w *world) any { return w.Int64N(most) - most/50 }
	case 8:
		return func(w *world) any { return w.Float64() * 1000 }
	case 9:
		return func(w *world) any { return w.i }
	case 10:
		return func(w *world) any { return someID(w) }
	case 11:
		return anyObject(t, depth+1)
	case 12:
		of, most := anyValue(t, depth+1), rapid.SampledFrom([]int{1, 4, 90}).Draw(t, "most")
		return func(w *world) any {
			list := make([]any, w.IntN(most+1))
			for i := range list {
				list[i] = of(w)
			}
			return list
		}
	}
	one, other, share := anyValue(t, depth+1), anyValue(t, depth+1), rapid.Float64Range(0, 0.5).Draw(t, "share")
	return func(w *world) any {
		if w.Float64() < share {
			return other(w)
		}
		return one(w)
	}
}

// someID is one of those that all APIs know.
func someID(w *world) string { return fmt.Sprintf("thing-%d", w.IntN(12)) }

// anyObject are objects with the same members, some of which may not be there.
func anyObject(t *rapid.T, depth int) maker {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"id", "ID", "userId", "name", "price", "status", "in", "a b", "ref"}), 0, 4, rapid.ID).Draw(t, "names")
	var values []maker
	var shares []float64
	for range names {
		values = append(values, anyValue(t, depth))
		shares = append(shares, rapid.SampledFrom([]float64{1, 1, 0.9, 0.05}).Draw(t, "share"))
	}
	return func(w *world) any {
		o := fields{}
		for i, name := range names {
			if w.Float64() < shares[i] {
				o[name] = values[i](w)
			}
		}
		return o
	}
}

// Routes with what their paths may be.
var anyRoute = map[string]func(w *world) string{
	"/a":            func(*world) string { return "/a" },
	"/A":            func(*world) string { return "/A" },
	"/a/":           func(*world) string { return "/a/" },
	"/a/latest":     func(*world) string { return "/a/latest" },
	"/a/{id}":       func(w *world) string { return "/a/" + w.id },
	"/a/{name}":     func(w *world) string { return fmt.Sprint("/a/n", w.IntN(9)) },
	"/a/:id/b":      func(w *world) string { return "/a/" + w.id + "/b" },
	"/a/*":          func(w *world) string { return fmt.Sprint("/a/x/", w.IntN(9)) },
	"/a/{rest...}":  func(w *world) string { return fmt.Sprint("/a/y/", w.IntN(9)) },
	"/a/<path:all>": func(w *world) string { return fmt.Sprint("/a/z/", w.IntN(9)) },
	"":              func(w *world) string { return pick(w.Rand, "/a", "/a/latest", "/a/"+w.id, "/a/"+w.id+"/b", "/b/"+w.id) },
}

// anyAPI makes calls of one API.
func anyAPI(t *rapid.T) func(w *world) *call {
	route := rapid.SampledFrom(sortedKeys(anyRoute)).Draw(t, "route")
	service, method := rapid.SampledFrom([]string{"s", "s", "t"}).Draw(t, "service"), rapid.SampledFrom([]string{"GET", "POST"}).Draw(t, "method")
	request, response := anyObject(t, 0), anyObject(t, 0)
	if rapid.Bool().Draw(t, "odd") {
		request, response = anyValue(t, 0), anyValue(t, 0)
	}
	parameter, column := anyValue(t, 3), anyValue(t, 3)
	perSession, users := rapid.IntRange(1, 4).Draw(t, "calls a session"), rapid.IntRange(1, 30).Draw(t, "users")
	sql := rapid.SampledFrom([]string{"", "SELECT 1", "SELECT * FROM t WHERE id = $1", "UPDATE t SET id = $1", "INSERT INTO t (id, x) VALUES ($1, 1)", "SELECT * FROM t WHERE id = $1 AND"}).Draw(t, "sql")
	statuses := rapid.SampledFrom([][]int{{200}, {200, 200, 200, 404}, {0, 200}, {200, 500}}).Draw(t, "statuses")
	return func(w *world) *call {
		w.id, w.user = someID(w), fmt.Sprint("user ", w.i/perSession%users)
		c := &call{
			service: service, method: method, route: route, path: anyRoute[route](w), session: fmt.Sprint("session ", w.i/perSession),
			user: w.user, request: request(w), response: response(w), status: pick(w.Rand, statuses...),
		}
		if w.IntN(3) > 0 {
			c.query = fmt.Sprintf("p=%v", parameter(w))
		}
		if sql != "" {
			c.statements = []statement{{sql, []string{fmt.Sprint(column(w))}, int64(w.IntN(4)) - 1}}
		}
		return c
	}
}

// randomCalls are of a few random APIs, whose bodies have members of random kinds. Some make calls of the others, and some
// take so long that others begin and end meanwhile.
func randomCalls(t *rapid.T) []*call {
	apis := rapid.SliceOfN(rapid.Custom(anyAPI), 1, 3).Draw(t, "apis")
	r := dice(rapid.IntRange(0, 1<<20).Draw(t, "seed"))
	slow, nested := rapid.SampledFrom([]float64{0, 0.1, 0.5}).Draw(t, "slow"), rapid.SampledFrom([]float64{0, 0.3}).Draw(t, "nested")
	calls := make([]*call, rapid.IntRange(1, 120).Draw(t, "calls"))
	for i := range calls {
		c := apis[r.IntN(len(apis))](&world{Rand: r, i: i})
		if r.Float64() < slow {
			c.length = time.Duration(r.IntN(600)) * time.Second
		}
		if r.Float64() < nested {
			child := apis[r.IntN(len(apis))](&world{Rand: r, i: i})
			child.delay = time.Duration(r.Int64N(int64(c.length) + 1))
			c.calls = append(c.calls, child)
		}
		calls[i] = c
	}
	return calls
}
