package baseline

import (
	"fmt"
	"testing"
	"time"
)

func TestWhatIsAlwaysThereMustBeThere(t *testing.T) {
	orders := oneByOne(func(i int) *call { return posted(i, fields{"x": i, "count": 1 + i%3}) })
	lines := oneByOne(func(i int) *call {
		line := fields{"price": i % 7, "count": 1}
		return posted(i, fields{"lines": []any{line, fields{"price": i % 5, "count": 2, "gift": true}}[:1+i%2]})
	})
	searches := oneByOne(func(i int) *call {
		return &call{service: "shop", method: "GET", route: "/search", path: "/search", query: fmt.Sprintf("q=%d&lang=en", i), session: fmt.Sprint(i), status: 200}
	})
	teach(t, []lesson{
		{"members", orders, "common-sense", `has(req.body.count) && has(req.body.x)`, "", []func(*call){without("x"), without("count"), func(c *call) { c.request = fields{} }}},
		{"members in lists", lines, "common-sense", `req.body.lines.all(x, has(x.count) && has(x.price))`, "", []func(*call){
			func(c *call) { c.request = fields{"lines": []any{fields{"count": 1, "price": 1}, fields{"count": 1}}} },
		}},
		{"parameters", searches, "common-sense", `has(req.query.lang) && has(req.query.q)`, "size(req.query) > 0", []func(*call){func(c *call) { c.query = "q=1" }}},
		{
			"names that are no words", oneByOne(func(i int) *call { return posted(i, fields{"in": i, "a b": i}) }), "common-sense",
			`"a b" in req.body && "in" in req.body`, "",
			[]func(*call){without("in"), without("a b")},
		},
		{"the caller", orders, "environment", `has(env.user.id)`, "has(env.session.id)", []func(*call){func(c *call) { c.user = "" }}},
	})
}

func TestTypesMustBeAsTheyAre(t *testing.T) {
	teach(t, []lesson{
		{
			"whole numbers", body(func(i int) any { return 1000 + i }), "format", `type(req.body.x) == int`, "",
			[]func(*call){with("1000"), with(1000.5), with(true), with([]int{1000}), with(fields{})},
		},
		{
			"numbers", body(func(i int) any { return 1000.5 + float64(i%90) }), "format", `(type(req.body.x) == int || type(req.body.x) == double)`, "",
			[]func(*call){with("1000"), with(false)},
		},
		{
			"truth values", body(func(i int) any { return i%3 == 0 }), "common-sense", `type(req.body.x) == bool && req.body.x in [false, true]`, "",
			[]func(*call){with("true"), with(1)},
		},
		{
			"numbers that may be null", body(func(i int) any { return []any{nil, 1000 + i}[min(1, i%4)] }), "format", `(req.body.x == null || type(req.body.x) == int)`, "",
			[]func(*call){with("1000"), with(fields{})},
		},
	})
}

func TestSetsOfValuesAreClosed(t *testing.T) {
	teach(t, []lesson{
		{"one value", body(func(int) any { return "EUR" }), "common-sense", `type(req.body.x) == string && req.body.x == "EUR"`, "", []func(*call){with("USD"), with("eur"), with(nil), with(978)}},
		{
			"texts", body(func(i int) any { return []string{"card", "invoice", "on \"credit\""}[i%3] }), "common-sense",
			`type(req.body.x) == string && req.body.x in ["card", "invoice", "on \"credit\""]`, "",
			[]func(*call){with("cash"), with("")},
		},
		{"numbers", body(func(i int) any { return 1 + i%4 }), "common-sense", `type(req.body.x) == int && req.body.x in [1, 2, 3, 4]`, "", []func(*call){with(5), with(-1), with("1")}},
		{
			"numbers of both kinds", body(func(i int) any { return []any{0, 2.5}[i%2] }), "common-sense",
			`(type(req.body.x) == int || type(req.body.x) == double) && req.body.x in [0, 2.5]`, "",
			[]func(*call){with(2), with(1e9)},
		},
		{
			"elements of lists", body(func(i int) any { return []string{"a", "b", "c"}[:i%4] }), "common-sense",
			`req.body.x.all(x, type(x) == string && x in ["a", "b", "c"])`, "",
			[]func(*call){with([]string{"a", "d"})},
		},
		{"parameters", oneByOne(func(i int) *call {
			c := posted(i, nil)
			c.query = "sort=" + []string{"name", "price"}[i%2]
			return c
		}), "common-sense", `req.query.sort in ["name", "price"]`, "", []func(*call){func(c *call) { c.query = "sort=name;drop" }}},
		{"parts of the path", oneByOne(func(i int) *call {
			c := posted(i, nil)
			c.route, c.path = "/{lang}/orders", "/"+[]string{"en", "de"}[i%2]+"/orders"
			return c
		}), "common-sense", `req.path.lang in ["de", "en"]`, "", []func(*call){func(c *call) { c.path = "/../orders" }}},
	})
}

func TestNumbersStayWithinTheirRange(t *testing.T) {
	teach(t, []lesson{
		{"above zero", body(func(i int) any { return 230 - i*7%230 }), "common-sense", `req.body.x > 0 && req.body.x <= 1000`, "", []func(*call){with(0), with(-5), with(1_000_000)}},
		{"not below zero", body(func(i int) any { return i * 13 % 231 }), "common-sense", `req.body.x >= 0 && req.body.x <= 1000`, "", []func(*call){with(-1), with(1001)}},
		{"prices", body(func(i int) any { return 500.01 - float64(i*13%500) }), "common-sense", `req.body.x > 0 && req.body.x <= 10000`, "", []func(*call){with(-0.01), with(0), with(1e7)}},
	})
}

func TestTextsStayAsLongAsTheyAre(t *testing.T) {
	teach(t, []lesson{
		{
			"tokens of one length", body(func(i int) any { return fmt.Sprintf("%040x", dice(i).Uint64()) }), "format",
			`type(req.body.x) == string && size(req.body.x) == 40 && req.body.x.matches("^[A-Za-z0-9]+$")`, "",
			[]func(*call){with("0123"), with(fmt.Sprintf("%041x", 7)), with("")},
		},
		{
			"names of some length", body(func(i int) any { return "Bob O'Neill, no. " + fmt.Sprint(i) }), "format",
			`type(req.body.x) == string && size(req.body.x) <= 64 && req.body.x.matches("^[A-Za-z0-9 ',.]+$")`, "",
			[]func(*call){with(fmt.Sprintf("%065d", 7)), with("Bob <script>"), with("")},
		},
	})
}

func TestTextsKeepTheirCharacters(t *testing.T) {
	format := func(x string, size int, class string) string {
		return fmt.Sprintf("%s && size(req.body.x) <= %d && req.body.x.matches(%s)", x, size, quoted("^"+class+"+$"))
	}
	teach(t, []lesson{
		{
			"digits", body(func(i int) any { return fmt.Sprint(1_000_000 + i*i) }), "format", format("type(req.body.x) == string", 16, "[0-9]"), "",
			[]func(*call){with("12a"), with("1 OR 1=1"), with("٣٤٥")},
		},
		{
			"codes", body(func(i int) any { return fmt.Sprintf("ab-%d", i*i) }), "format", format("type(req.body.x) == string", 32, `[A-Za-z0-9\-]`), "",
			[]func(*call){with("ab/1"), with("ab-1\n"), with("äb-1")},
		},
	})
}

func TestHeadersKeepTheirCharacters(t *testing.T) {
	header := func(value func(i int) string) func(n int) []*call {
		return oneByOne(func(i int) *call {
			c := posted(i, nil)
			c.headers = map[string]string{"x-version": value(i)}
			return c
		})
	}
	broken := []func(*call){func(c *call) { c.headers["x-version"] = "${jndi:ldap://x}" }, func(c *call) { c.headers["x-version"] = "<script>" }}
	teach(t, []lesson{
		{"many", header(func(i int) string { return fmt.Sprint(1 + i*i) }), "format", `size(req.header["x-version"]) <= 16 && req.header["x-version"].matches("^[0-9]+$")`, "", broken},
		{
			"few", header(func(i int) string { return fmt.Sprint(1 + i%2) }), "format",
			`size(req.header["x-version"]) <= 16 && req.header["x-version"].matches("^[0-9 !\"#%\\&'()*+,\\-./:;=?@\\[\\]_|\\~]+$")`, "", broken,
		},
	})
}

func TestUUIDsDatesAndAddressesStayWhatTheyAre(t *testing.T) {
	day := func(i int) time.Time { return monday.AddDate(0, 0, i%40) }
	teach(t, []lesson{
		{
			"UUIDs", body(func(i int) any { return uuid(dice(i)) }), "format", `type(req.body.x) == string && isUUID(req.body.x)`, "",
			[]func(*call){with("7"), with(uuid(dice(1)) + "'"), with(7)},
		},
		{"UUIDs in the path", oneByOne(func(i int) *call {
			c := posted(i, nil)
			c.route, c.path = "/orders/{id}", "/orders/"+uuid(dice(i))
			return c
		}), "format", `isUUID(req.path.id)`, "", []func(*call){func(c *call) { c.path = "/orders/1" }}},
		{
			"dates", body(func(i int) any { return day(i).Format(time.DateOnly) }), "format", `type(req.body.x) == string && isDate(req.body.x)`, "",
			[]func(*call){with("2026-02-31"), with("tomorrow"), with(20260301)},
		},
		{"times", body(func(i int) any { return day(i).Format(time.RFC3339) }), "format", `type(req.body.x) == string && isDate(req.body.x)`, "", []func(*call){with("2026-03-02T25:00:00Z")}},
		{"addresses", body(func(i int) any { return fmt.Sprintf("a%d@example.org", i) }), "format", `type(req.body.x) == string && isEmail(req.body.x)`, "", []func(*call){with("a@b@c"), with("a")}},
	})
}

func TestADateIsNotBeforeTheCall(t *testing.T) {
	ahead := func(i int) any {
		return monday.Add(time.Duration(i)*time.Minute).AddDate(0, 0, i%30).Format(time.DateOnly)
	}
	teach(t, []lesson{
		{"always there", body(ahead), "common-sense", `day(req.body.x) >= day(call.start - duration("24h"))`, "", []func(*call){with("2026-02-28"), with("1970-01-01")}},
		{"sometimes null", body(func(i int) any {
			if i%5 == 0 {
				return nil
			}
			return ahead(i)
		}), "common-sense", `(req.body.x == null || day(req.body.x) >= day(call.start - duration("24h")))`, "", []func(*call){with("2026-02-28")}},
	})
}
