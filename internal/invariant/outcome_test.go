package invariant

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

const (
	requestBodyAttribute  = "http.request.body.content"
	responseBodyAttribute = "http.response.body.content"
)

// Each line of what the package promises about outcomes.
func TestOutcomes(t *testing.T) {
	type line struct {
		scene *scene
		check string
		want  string
	}
	body := func(json string) *scene { return order().with(requestBodyAttribute, json) }
	for name, l := range map[string]line{
		"a check that is true holds":        {order(), `call.status == 200`, "held"},
		"a check that is false is violated": {order(), `call.status == 201`, "violated"},
		"a parameter of the path":           {order(), `req.path.id == "42"`, "held"},
		"the caller":                        {order(), `env.user.id == "7" && env.session.id == "s-1" && "gold" in env.user.roles`, "held"},
		"the client":                        {order(), `env.client.address == "203.0.113.9" && call.client == env.client.address`, "held"},
		"the duration":                      {order(), `call.duration <= duration("250ms")`, "held"},
		"the time":                          {order(), `call.start > timestamp("2020-01-01T00:00:00Z")`, "held"},
		"the query":                         {order().with("url.query", "limit=20&limit=30&sort=a%20b"), `req.query.sort == "a b" && "30" in req.query.limit`, "held"},
		"a header":                          {order().with("http.request.header.x-request-id", []any{"r-1"}), `req.header["x-request-id"] == "r-1"`, "held"},
		"a form":                            {body("a=1&b=x%2By").with("http.request.header.content-type", []any{"application/x-www-form-urlencoded"}), `req.body.b == "x+y"`, "held"},
		"the response":                      {order().with(responseBodyAttribute, `{"total": 12.5}`), `resp.body.total > 12 && resp.status == 200`, "held"},

		"a field that is missing":                   {body(`{}`), `req.body.amount > 0`, "missing"},
		"a body that is missing":                    {order(), `req.body.amount > 0`, "missing"},
		"a missing field under has":                 {body(`{}`), `has(req.body.amount)`, "violated"},
		"a field of a missing body under has":       {order(), `has(req.body.amount)`, "missing"},
		"a missing body under has":                  {order(), `has(req.body)`, "violated"},
		"a missing user under has":                  {order().with("user.id", ""), `has(env.user.id)`, "violated"},
		"a missing parameter of the query":          {order().with("url.query", "a=1"), `int(req.query.limit) < 100`, "missing"},
		"a missing header under has":                {order(), `has(req.header.cookie)`, "violated"},
		"a missing member of a missing object":      {body(`{"a":{}}`), `req.body.a.b.c == 1`, "missing"},
		"a body that is no JSON":                    {body(`{"amount": `), `req.body.amount > 0`, "unknown"},
		"a body that is no JSON under has":          {body(`{"amount": `), `has(req.body.amount)`, "unknown"},
		"what does not matter":                      {body(`{}`), `call.status == 200 || req.body.amount > 0`, "held"},
		"what does not matter, the other way round": {body(`{}`), `req.body.amount > 0 || call.status == 200`, "held"},
		"what is violated without what is missing":  {body(`{}`), `req.body.amount > 0 && call.status == 201`, "violated"},

		"a column that is not there":               {order().ran(`SELECT * FROM orders WHERE id = $1`, "42"), `db.all(s, same(s.where.user_id, env.user.id))`, "violated"},
		"a column that is there":                   {order().ran(`SELECT * FROM orders WHERE id = $1 AND user_id = $2`, "42", "7"), `db.all(s, same(s.where.user_id, env.user.id))`, "held"},
		"another one's":                            {order().ran(`SELECT * FROM orders WHERE id = $1 AND user_id = $2`, "42", "8"), `db.all(s, same(s.where.user_id, env.user.id))`, "violated"},
		"an absent column equals nothing":          {order().ran(`SELECT * FROM orders WHERE id = 1`), `db.all(s, s.where.user_id == s.where.owner)`, "violated"},
		"an absent column differs from everything": {order().ran(`SELECT * FROM orders WHERE id = 1`), `db.all(s, s.where.user_id != "7")`, "held"},
		"a column by another spelling":             {order().ran(`SELECT * FROM orders WHERE userId = $1`, "7"), `db.all(s, same(s.where.userId, env.user.id) && has(s.where.userId) && has(s.where.USERID))`, "held"},
		"a header by another spelling":             {order().with("http.request.header.x-a", []any{"b"}), `req.header["X-A"] == "b"`, "held"},
		"an absent column under has":               {order().ran(`SELECT * FROM orders WHERE id = 1`), `db.exists(s, has(s.where.user_id))`, "violated"},
		"an absent column in a list":               {order().ran(`SELECT * FROM orders WHERE id = 1`), `db.all(s, s.where.user_id in ["7"])`, "violated"},
		"a column in sanitised text":               {order().ran(`SELECT * FROM orders WHERE user_id = ?`), `db.all(s, same(s.where.user_id, env.user.id))`, "unknown"},
		"a column in sanitised text under has":     {order().ran(`SELECT * FROM orders WHERE user_id = ?`), `db.all(s, has(s.where.user_id))`, "held"},
		"an absent column in sanitised text":       {order().ran(`SELECT * FROM orders WHERE id = ?`), `db.all(s, has(s.where.user_id))`, "violated"},
		"a column in truncated text":               {order().ran(`SELECT * FROM orders WHERE id = 1 AND`), `db.all(s, same(s.where.user_id, env.user.id))`, "unknown"},
		"a column in truncated text under has":     {order().ran(`SELECT * FROM orders WHERE id = 1 AND`), `db.all(s, has(s.where.user_id))`, "unknown"},
		"a value that is a literal":                {order().ran(`UPDATE orders SET status = 'paid', total = 12 WHERE id = 42`), `db.all(s, s.set.status == "paid" && s.set.total == 12 && same(s.where.id, req.path.id))`, "held"},
		"the table, the operation, the rows":       {order().ran(`DELETE FROM orders WHERE id = 1`), `db.exists(s, s.op == "DELETE" && s.table == "orders" && s.tables == ["orders"] && s.rows == 1)`, "held"},

		"no statement was seen, some":              {order(), `db.exists(s, s.table == "orders")`, "unobserved"},
		"no statement was seen, all":               {order(), `db.all(s, s.table == "orders")`, "unobserved"},
		"no statement was seen, none":              {order(), `!db.exists(s, s.table == "users")`, "unobserved"},
		"no statement was seen, their number":      {order(), `size(db) < 10`, "unobserved"},
		"no statement was seen, and that is all":   {order(), `db.complete && db.exists(s, s.table == "orders")`, "violated"},
		"the same for the list":                    {order(), `db.complete.exists(s, s.table == "orders")`, "violated"},
		"no statement, and none is wrong":          {order(), `db.complete.all(s, s.table == "orders")`, "held"},
		"there may be more, some of those seen":    {open(order().ran(`SELECT 1 FROM orders`)), `db.exists(s, s.table == "orders")`, "held"},
		"there may be more, none of those seen":    {open(order().ran(`SELECT 1 FROM orders`)), `db.exists(s, s.table == "users")`, "unobserved"},
		"there may be more, all of those seen":     {open(order().ran(`SELECT 1 FROM orders`)), `db.all(s, s.table == "orders")`, "unobserved"},
		"there may be more, one of those is wrong": {open(order().ran(`SELECT 1 FROM orders`)), `db.all(s, s.table == "users")`, "violated"},
		"there may be more, the first":             {open(order().ran(`SELECT 1 FROM orders`)), `db[0].table == "orders"`, "unobserved"},
		"some were seen, none is right":            {order().ran(`SELECT 1 FROM users`), `db.exists(s, s.table == "orders")`, "violated"},
		"some are known to be lost":                {lossy(order()), `db.complete && db.exists(s, s.table == "orders")`, "unobserved"},
		"statements in a log":                      {untraced(order()), `db.complete && db.exists(s, s.table == "orders")`, "unobserved"},

		"no child call was seen":  {order(), `calls.exists(c, c.service == "stock")`, "unobserved"},
		"a child call":            {order().called(stock()), `calls.exists(c, c.service == "stock" && c.method == "GET" && c.route == "/stock" && c.status == 200)`, "held"},
		"a child call's request":  {order().called(stock()), `calls.all(c, c.req.query.sku == "a-1")`, "held"},
		"a child call's response": {order().called(stock()), `calls.all(c, c.resp.body.left > 10)`, "violated"},

		"there may be more, whatever they are":           {order(), `db.all(s, has(req.header.a))`, "unobserved"},
		"there may be more, whatever they are, some":     {order(), `db.exists(s, call.status == 200 || s.op == "X")`, "unobserved"},
		"there may be more, whatever they are, none":     {order(), `!db.exists(s, call.method == "GET")`, "unobserved"},
		"there may be more, just one":                    {order(), `db.exists_one(s, true)`, "unobserved"},
		"there may be more, in another list":             {open(order().ran(`SELECT 1 FROM a`)), `size(db.map(s, 1)) == 2 || size(db.filter(s, true)) == 2`, "unobserved"},
		"there may be more, unequal lists":               {order(), `db != []`, "unobserved"},
		"there is nothing, unequal lists":                {order(), `db.complete != []`, "violated"},
		"there may be more calls, whatever they are":     {order(), `calls.all(c, has(req.header.a))`, "unobserved"},
		"there may be more, one in another":              {order().called(stock()), `calls.all(c, db.exists(s, s.op == c.method))`, "unobserved"},
		"columns that are known":                         {order().ran(`UPDATE users SET email = $1, name = 'x' WHERE id = 7`), `db.all(s, s.set.all(c, c in ["email", "name"]) && size(s.where) == 1)`, "held"},
		"a column that is not known":                     {order().ran(`UPDATE users SET email = $1, role = 'x' WHERE id = 7`), `db.all(s, s.set.all(c, c in ["email", "name"]))`, "violated"},
		"columns of cut text":                            {order().ran(`UPDATE users SET email = $1, name = 'x' WHERE id = 7 AND`), `db.all(s, s.set.all(c, c in ["email", "name"]))`, "unknown"},
		"names of headers":                               {order().with("http.request.header.x-a", []any{"b"}), `req.header.all(h, h == "x-a") && size(req.header) == 1`, "held"},
		"two maps":                                       {order(), `req.header != resp.header`, "mismatch"},
		"a number in texts":                              {body(`{"a": 7}`), `req.body.a in ["7", "8"]`, "mismatch"},
		"a text in texts":                                {body(`{"a": "7"}`), `req.body.a in ["7", "8"]`, "held"},
		"lists of numbers and texts":                     {body(`{"a": [7]}`), `req.body.a == ["7"]`, "mismatch"},
		"lists that differ anyway":                       {body(`{"a": [7, 1]}`), `req.body.a == ["7", 2]`, "violated"},
		"a number beyond 2^63 in SQL":                    {body(`{"a": 18446744073709551615}`).ran(`SELECT 1 FROM a WHERE id = 18446744073709551615`), `db.all(s, s.where.id == req.body.a)`, "held"},
		"a number beyond 2^53 and one that is close":     {body(`{"a": 9007199254740993}`), `req.body.a == 9007199254740992.0`, "violated"},
		"a huge number and a bound":                      {body(`{"a": 123456789012345678901234567890}`), `req.body.a <= 100`, "violated"},
		"a huge number and a bound, the other way round": {body(`{"a": 123456789012345678901234567890}`), `100 >= req.body.a`, "violated"},
		"a huge number and a bound that is no integer":   {body(`{"a": 123456789012345678901234567890}`), `req.body.a <= 100.0`, "violated"},
		"an encoded path":                                {&scene{service: "orders", method: "GET", route: "/orders/{id}", path: "/orders/%37%38", status: 200}, `req.path.id == "78"`, "held"},
		"a list of a body is not copied":                 {body(`{"a": [1]}`), `size(req.body.a + [1]) == 2`, "mismatch"},
		"a statement and itself":                         {order().ran(`SELECT 1 FROM a`), `db.all(s, s == s) && env.user == env.user`, "held"},
		"a statement behind another one":                 {order().ran(`SELECT * FROM orders; DROP TABLE users`), `db.all(s, s.op == "SELECT")`, "violated"},
		"a number and its text":                          {body(`{"user": 7}`), `req.body.user == env.user.id`, "mismatch"},
		"a number and another text, unequal":             {body(`{"user": 7}`), `req.body.user != env.user.id`, "mismatch"},
		"a number and its text, as identifiers":          {body(`{"user": 7}`), `same(req.body.user, env.user.id)`, "held"},
		"a number and another text, as identifiers":      {body(`{"user": 8}`), `same(req.body.user, env.user.id)`, "violated"},
		"a text and a text":                              {body(`{"user": "7"}`), `req.body.user == env.user.id`, "held"},
		"null and a text":                                {body(`{"user": null}`), `req.body.user == env.user.id`, "violated"},
		"null as an identifier":                          {body(`{"user": null}`), `same(req.body.user, null)`, "violated"},
		"a number that is compared with a text":          {body(`{"user": 7}`), `req.body.user < "8"`, "mismatch"},
		"a number beyond 2^53":                           {body(`{"user": 9007199254740993}`), `req.body.user == 9007199254740993 && req.body.user != 9007199254740992`, "held"},
		"a number beyond 2^53 and its text":              {body(`{"user": 9007199254740993}`), `same(req.body.user, "9007199254740993") && !same(req.body.user, "9007199254740992")`, "held"},
		"a number beyond 2^64 and its text":              {body(`{"user": 123456789012345678901234567890}`), `same(req.body.user, "123456789012345678901234567890") && req.body.user > 5`, "held"},
		"a number beyond 2^63":                           {body(`{"user": 18446744073709551615}`), `req.body.user == 18446744073709551615u && same(req.body.user, "18446744073709551615")`, "held"},
		"1 and 1.0":                                      {body(`{"n": 1.0}`), `req.body.n == 1`, "held"},
		"all of a list are the same":                     {order().ran(`SELECT 1 FROM orders WHERE user_id IN (7, 8)`), `db.all(s, same(s.where.user_id, env.user.id))`, "violated"},

		"all items of a body":                         {body(`{"items": [{"price": 1}, {"price": 2}]}`), `req.body.items.all(i, i.price > 0)`, "held"},
		"one item is wrong":                           {body(`{"items": [{"price": 1}, {"price": -2}]}`), `req.body.items.all(i, i.price > 0)`, "violated"},
		"an item without its field":                   {body(`{"items": [{"price": 1}, {}]}`), `req.body.items.all(i, i.price > 0)`, "missing"},
		"an item without its field, another is wrong": {body(`{"items": [{}, {"price": -1}]}`), `req.body.items.all(i, i.price > 0)`, "violated"},
		"the number of items":                         {body(`{"items": [1, 2, 3]}`), `size(req.body.items) == 3 && req.body.items[2] == 3 && 2 in req.body.items`, "held"},
		"whole values":                                {body(`{"a": [1, {"b": "x"}]}`), `req.body.a == [1, {"b": "x"}]`, "held"},
		"fields that are known":                       {body(`{"a": 1, "b": 2}`), `req.body.all(name, name in ["a", "b"])`, "held"},
		"a field that is not known":                   {body(`{"a": 1, "role": 2}`), `req.body.all(name, name in ["a", "b"])`, "violated"},
		"a type":                                      {body(`{"a": 1}`), `type(req.body.a) == int`, "held"},
		"another type":                                {body(`{"a": "1"}`), `type(req.body.a) == int`, "violated"},
		"a UUID":                                      {body(`{"a": "6F9619FF-8B86-D011-B42D-00CF4FC964FF"}`), `isUUID(req.body.a)`, "held"},
		"a date that does not exist":                  {body(`{"a": "2026-02-30"}`), `isDate(req.body.a)`, "violated"},
		"an address of mail":                          {body(`{"a": "a@b.example"}`), `isEmail(req.body.a)`, "held"},
		"a pattern":                                   {body(`{"a": "DE12"}`), `req.body.a.matches("^[A-Z]{2}[0-9]+$")`, "held"},
		"a division by zero":                          {body(`{"a": 0}`), `1 / req.body.a == 1`, "other"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, l.want, l.scene.judged(t, l.check)) })
	}
}

// stock is a child call.
func stock() *scene {
	return &scene{
		service: "stock", method: "GET", route: "/stock", path: "/stock", status: 200, start: 1, end: 2,
		attributes: map[string]any{"url.query": "sku=a-1", responseBodyAttribute: `{"left": 3}`},
	}
}

func open(s *scene) *scene {
	s.around.StatementsOpen = true
	return s
}

func lossy(s *scene) *scene {
	s.around.StatementsLost = true
	return s
}

func untraced(s *scene) *scene {
	s.around.Untraced = true
	return s
}
