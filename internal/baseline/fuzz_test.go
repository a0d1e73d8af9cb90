package baseline

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// FuzzLearn learns calls with texts of whoever makes them. The rules are always ones that a file can have and that
// compile, and the same calls teach the same.
func FuzzLearn(f *testing.F) {
	f.Add("GET", "/orders/{id}", "/orders/7", "a=1&b=2&a=3", `{"id": 7, "items": [{"price": 1.5}, null]}`, `{"data": [{"id": "x", "owner": "u"}]}`, "SELECT * FROM orders WHERE id = $1", "u", "s")
	f.Add("POST", "/a/*", "/a/../b", "%zz=%00", `[1, "1", true, {"": {"in": "\u0000"}}]`, `{"a": 1e308, "b": -0.0, "c": 18446744073709551615}`, "INSERT INTO t VALUES (1)", "", "")
	f.Add("_OTHER", "", "/\xff/é", "", `{"a b": "'\"\\\n", "dates": ["2026-01-01", "2026-13-01"]}`, "", "DELETE FROM x; --", "\"", "\x00")
	f.Add("M", "/{x}/<path:y>", "//", "=", `{"n": 9223372036854775807, "m": 9223372036854775808}`, "{", "", "7", "7")
	f.Fuzz(func(t *testing.T, method, route, path, query, request, response, sql, user, session string) {
		var all []*replay.Trace
		for i := range 40 {
			o := raw(i, request)
			c := o.Call
			c.Method, c.Route, c.Path, c.Query, c.User = method, route, path, query, user
			c.ResponseBody = invariant.Body{Text: response, State: invariant.WholeBody}
			if i%3 == 0 {
				c.Session, c.UserAgent, c.Client, c.Roles = session, response, query, []string{request, user}
				c.RequestHeaders = []invariant.Header{{Name: query, Value: path}}
				c.RequestBody, c.ResponseBody = c.ResponseBody, c.RequestBody
			}
			if sql != "" {
				st := &invariant.Statement{SQL: sqltext.Parse(sql, sqltext.PostgreSQL), Rows: int64(len(path)) - 1}
				st.Parameters.Add("0", path)
				o.Around.Statements = append(o.Around.Statements, st)
			}
			child := raw(i, response).Call
			child.Method, child.Route, child.Path = method, path, route
			o.Around.Calls = []*invariant.Call{child}
			all = append(all, &replay.Trace{Calls: []replay.Observation{o, {Call: child}}})
		}
		one, other := newLearner(t), newLearner(t)
		for _, trace := range all {
			one.Learn(trace)
			other.Learn(trace)
		}
		r := one.Result()
		canBeWritten(t, r)
		within(t, one)
		assert.Equal(t, told(t, r), told(t, other.Result()))
		assert.Equal(t, told(t, r), told(t, again(t, one).Result()))
	})
}
