package baseline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// shop is a small web shop with what its users do. Each session is of one user, who looks at products, orders some, and
// pays; some orders are given back. Refunds are for the staff.
type shop struct {
	*rand.Rand
	users    int
	products []product
	orders   []*order
	now      time.Time
	longest  time.Duration // of a call
	refused  float64       // share of calls that end in an error of the server or of the caller
	calls    []*call
}

type product struct {
	id    int
	name  string
	price float64
}

type order struct {
	id      string
	user    int
	product product
	count   int
	total   float64
	state   string
}

// visitor is a session that goes on.
type visitor struct {
	session string
	user    int
	staff   bool
	seen    []product
	mine    []*order
	left    int // calls
}

func newShop(seed int) *shop {
	s := &shop{Rand: dice(seed), users: 40, now: monday, longest: 300 * time.Millisecond, refused: 0.03}
	for i := range 30 {
		s.products = append(s.products, product{1000 + i*7, fmt.Sprintf("%s %s", pick(s.Rand, "red", "blue", "small", "large"), pick(s.Rand, "cup", "hat", "lamp", "book")), math.Round(100*math.Pow(10, 4*s.Float64())) / 100})
	}
	return s
}

// open lets so many sessions come, several at a time.
func (s *shop) open(sessions int) []*call {
	var inside []*visitor
	for n := 0; n < sessions || len(inside) > 0; {
		for len(inside) < 4 && n < sessions {
			n++
			inside = append(inside, &visitor{session: fmt.Sprintf("session-%d-%d", n, s.IntN(1e6)), user: s.IntN(s.users), staff: s.IntN(8) == 0, left: 5 + s.IntN(8)})
		}
		i := s.IntN(len(inside))
		s.visit(inside[i])
		if inside[i].left--; inside[i].left == 0 {
			inside = slices.Delete(inside, i, i+1)
		}
	}
	return s.calls
}

// visit is the next thing that a visitor does.
func (s *shop) visit(v *visitor) {
	switch {
	case v.staff:
		s.refund(v)
	case len(v.seen) == 0 || s.IntN(5) == 0:
		s.list(v)
	case s.IntN(3) == 0 && len(v.mine) > 0:
		s.look(v, pick(s.Rand, v.mine...))
	case s.IntN(2) == 0 && s.pay(v):
	default:
		s.order(v)
	}
}

func (s *shop) call(v *visitor, service, method, route, path string) *call {
	s.now = s.now.Add(time.Duration(1+s.IntN(40)) * time.Second)
	c := &call{
		service: service, method: method, route: route, path: path, user: fmt.Sprintf("u%04d", v.user), session: v.session,
		client: fmt.Sprintf("198.51.100.%d", v.user), roles: []string{"customer"}, status: 200, start: s.now,
		length: time.Duration(1 + s.Int64N(int64(s.longest))),
	}
	if v.staff {
		c.roles = []string{"customer", "staff"}
	}
	s.calls = append(s.calls, c)
	return c
}

// refuse makes an error of a call, now and then; the call has done nothing then.
func (s *shop) refuse(c *call) bool {
	if s.Float64() >= s.refused {
		return false
	}
	c.status = pick(s.Rand, 500, 503, 409)
	return true
}

func (s *shop) list(v *visitor) {
	c := s.call(v, "shop", "GET", "/products", "/products")
	if s.refuse(c) {
		return
	}
	c.query = fmt.Sprintf("page=%d&sort=%s", 1+s.IntN(3), pick(s.Rand, "name", "price"))
	var list []any
	for _, i := range s.Perm(len(s.products))[:8] {
		p := s.products[i]
		v.seen = append(v.seen, p)
		list = append(list, fields{"id": p.id, "name": p.name, "price": p.price})
	}
	c.response = fields{"data": list, "total": len(s.products)}
	c.statements = []statement{{"SELECT * FROM products ORDER BY name", nil, int64(len(list))}}
}

func (s *shop) order(v *visitor) {
	p := pick(s.Rand, v.seen...)
	o := &order{id: uuid(s.Rand), user: v.user, product: p, count: 1 + s.IntN(4), state: "open"}
	o.total = math.Round(100*p.price*float64(o.count)) / 100
	c := s.call(v, "shop", "POST", "/orders", "/orders")
	c.request = fields{
		"userId": c.user, "productId": p.id, "price": p.price, "count": o.count, "delivery": s.now.AddDate(0, 0, 1+s.IntN(20)).Format(time.DateOnly),
		"mail": fmt.Sprintf("%s%d@example.org", pick(s.Rand, "ann", "bob", "eve"), s.IntN(1000)), "comment": pick(s.Rand, "", "quick, please", "ring twice"),
	}
	if s.refuse(c) {
		return
	}
	s.orders = append(s.orders, o)
	v.mine = append(v.mine, o)
	c.status = 201
	c.response = s.answer(o)
	c.statements = []statement{{
		"INSERT INTO orders (id, user_id, product_id, total, status) VALUES ($1, $2, $3, $4, 'open')",
		[]string{o.id, c.user, fmt.Sprint(p.id), fmt.Sprint(o.total)},
		-1,
	}}
	c.calls = []*call{{
		service: "stock", method: "POST", route: "/reserve", path: "/reserve", status: 200, request: fields{"productId": p.id, "count": o.count},
		statements: []statement{{"UPDATE stock SET left = left - 1 WHERE product_id = $1", []string{fmt.Sprint(p.id)}, -1}},
	}}
}

func (*shop) answer(o *order) fields {
	return fields{"id": o.id, "userId": fmt.Sprintf("u%04d", o.user), "total": o.total, "status": o.state}
}

func (s *shop) look(v *visitor, o *order) {
	c := s.call(v, "shop", "GET", "/orders/{id}", "/orders/"+o.id)
	if s.refuse(c) {
		return
	}
	c.response = s.answer(o)
	c.statements = []statement{{"SELECT * FROM orders WHERE id = $1 AND user_id = $2", []string{o.id, c.user}, 1}}
}

// pay pays the first order that is open; false if there is none.
func (s *shop) pay(v *visitor) bool {
	i := slices.IndexFunc(v.mine, func(o *order) bool { return o.state == "open" })
	if i < 0 {
		return false
	}
	o := v.mine[i]
	c := s.call(v, "shop", "POST", "/orders/{id}/pay", "/orders/"+o.id+"/pay")
	c.request = fields{"amount": o.total, "method": pick(s.Rand, "card", "invoice")}
	if s.refuse(c) {
		return true
	}
	o.state = "paid"
	c.response = s.answer(o)
	c.statements = []statement{
		{"SELECT * FROM orders WHERE id = $1", []string{o.id}, 1},
		{"UPDATE orders SET status = 'paid' WHERE id = $1 AND user_id = $2", []string{o.id, c.user}, -1},
	}
	return true
}

func (s *shop) refund(v *visitor) {
	paid := slices.Collect(func(yield func(*order) bool) {
		for _, o := range s.orders {
			if o.state == "paid" && !yield(o) {
				return
			}
		}
	})
	if len(paid) == 0 {
		s.list(v)
		return
	}
	o := pick(s.Rand, paid...)
	c := s.call(v, "shop", "POST", "/refunds", "/refunds")
	c.request = fields{"orderId": o.id, "amount": float64(1+s.IntN(int(o.total*100))) / 100}
	if s.refuse(c) {
		return
	}
	o.state = "refunded"
	c.status = 201
	c.response = s.answer(o)
	c.statements = []statement{{"UPDATE orders SET status = 'refunded' WHERE id = $1", []string{o.id}, -1}}
}
