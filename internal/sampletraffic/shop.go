package sampletraffic

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// service is one service of the shop.
type service struct {
	name     string
	write    conventions
	database string // system; empty for none
	routed   bool   // server spans have http.route
	forwards bool   // it knows the client's address, not only its caller's
	host     string // its pod's address
	routes   []endpoint
}

// endpoint is a method and a route such as "GET /orders/{number}".
type endpoint struct{ method, route string }

// conventions write a span's attributes as one generation of instrumentation
// does.
type conventions interface {
	server(g *Generator, m attributes, r *request)
	client(g *Generator, m attributes, r *request, to *service)
	statement(g *Generator, m attributes, s *service)
}

// Names of the services that stand at the entrance and that the rest of the shop
// calls most.
const (
	Gateway = "gateway"
	Orders  = "orders"
)

// gateway is a proxy in front of all others: it knows paths, no routes.
var gateway = &service{name: Gateway, write: stable{}, forwards: true, host: "10.8.0.2"}

// backends do the shop's work.
var backends = []*service{
	{name: Orders, write: stable{}, database: "postgresql", routed: true, forwards: true, routes: endpoints(
		"GET /orders", "GET /orders/{number}", "POST /orders", "PUT /orders/{number}/address", "DELETE /orders/{number}",
		"GET /orders/{number}/invoice", "POST /orders/{number}/cancel", "GET /orders/{number}/items/{number}")},
	{name: "catalog", write: old{}, database: "mysql", routed: true, routes: endpoints(
		"GET /products", "GET /products/{uuid}", "GET /products/{uuid}/reviews", "POST /products/{uuid}/reviews",
		"GET /categories/{number}", "GET /search", "GET /products/{uuid}/prices/{date}", "GET /brands/{slug}")},
	{name: "accounts", write: stable{}, database: "postgresql", routed: true, forwards: true, routes: endpoints(
		"POST /login", "POST /logout", "GET /accounts/{uuid}", "PATCH /accounts/{uuid}", "GET /accounts/{uuid}/addresses",
		"POST /accounts/{uuid}/addresses", "POST /password-reset", "GET /sessions/{token}")},
	{name: "carts", write: old{}, database: "redis", routes: endpoints(
		"GET /carts/{token}", "POST /carts/{token}/items", "DELETE /carts/{token}/items/{number}", "POST /carts/{token}/checkout",
		"PUT /carts/{token}/items/{number}", "GET /carts/{token}/vouchers")},
	{name: "payments", write: stable{}, database: "postgresql", routed: true, routes: endpoints(
		"POST /payments", "GET /payments/{uuid}", "POST /payments/{uuid}/refunds", "GET /invoices/{number}.pdf", "GET /methods")},
	{name: "stock", write: old{}, database: "mysql", routed: true, forwards: true, routes: endpoints(
		"GET /stock/{uuid}", "PUT /stock/{uuid}", "GET /warehouses/{number}/levels", "POST /reservations", "DELETE /reservations/{uuid}")},
	{name: "shipping", write: stable{}, database: "mongodb", routed: true, routes: endpoints(
		"POST /parcels", "GET /parcels/{token}", "GET /parcels/{token}/events", "GET /rates/{date}", "GET /labels/{uuid}")},
}

// shop is all services.
var shop = func() []*service {
	for i, s := range backends {
		s.host = fmt.Sprintf("10.8.%d.%d", i/3, 10+7*i)
	}
	return append([]*service{gateway}, backends...)
}()

func endpoints(names ...string) []endpoint {
	list := make([]endpoint, 0, len(names))
	for _, name := range names {
		method, route, _ := strings.Cut(name, " ")
		list = append(list, endpoint{method, route})
	}
	return list
}

// Services are the names of the shop's services.
func Services() []string {
	names := make([]string, 0, len(shop))
	for _, s := range shop {
		names = append(names, s.name)
	}
	return names
}

// Routes is how many routes the shop serves behind its gateway.
func Routes() int {
	n := 0
	for _, s := range backends {
		n += len(s.routes)
	}
	return n
}

// popular is a service, the first ones more often.
func popular(r *rand.Rand, except *service) *service {
	for {
		i := min(r.IntN(len(backends)), r.IntN(len(backends)))
		if backends[i] != except {
			return backends[i]
		}
	}
}

// path is a path of the route.
func (e endpoint) path(r *rand.Rand) string {
	parts := strings.Split(e.route, "/")
	for i, part := range parts {
		end := strings.IndexByte(part, '}')
		if end < 0 {
			continue
		}
		parts[i] = parameter(r, part[:end+1]) + part[end+1:]
	}
	return strings.Join(parts, "/")
}

// parameter is a value for a part of a route.
func parameter(r *rand.Rand, kind string) string {
	n := r.Uint64()
	switch kind {
	case "{number}":
		return fmt.Sprint(n % 100_000)
	case "{uuid}":
		return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", uint32(n), n>>32&0xffff, n>>48&0xfff, n>>20&0xfff, n>>16)
	case "{token}":
		return fmt.Sprintf("tok_%016x", n)
	case "{date}":
		return fmt.Sprintf("2026-%02d-%02d", n%12+1, n>>8%28+1)
	}
	return slugs[n%uint64(len(slugs))]
}

var slugs = []string{"north-star", "blue-harbour", "oak-and-iron", "field-notes", "paper-lantern"}
