package sampletraffic

import (
	"fmt"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

type attributes = pcommon.Map

// stable are the conventions of HTTP 1.23 and databases 1.33, as Go's and
// newer Java instrumentation write them.
type stable struct{}

func (stable) server(g *Generator, m attributes, r *request) {
	m.PutStr("http.request.method", r.endpoint.method)
	m.PutStr("url.scheme", "https")
	m.PutStr("url.path", r.path)
	if r.query != "" {
		m.PutStr("url.query", r.query)
	}
	m.PutStr("server.address", r.to.name+".shop.example.org")
	m.PutInt("server.port", 8443)
	m.PutStr("network.protocol.version", "1.1")
	m.PutStr("network.peer.address", r.peer)
	m.PutInt("network.peer.port", 30_000+g.random.Int64N(30_000))
	m.PutStr("client.address", r.clientAddress())
	m.PutStr("user_agent.original", r.agent)
	if r.to.routed {
		m.PutStr("http.route", r.endpoint.route)
	}
	m.PutInt("http.response.status_code", r.status)
	if r.size >= 0 {
		m.PutInt("http.response.body.size", r.size)
	}
	m.PutInt("thread.id", g.random.Int64N(200))
}

func (stable) client(g *Generator, m attributes, r *request, to *service) {
	m.PutStr("http.request.method", r.endpoint.method)
	m.PutStr("url.full", "http://"+to.name+":8443"+r.path)
	m.PutStr("server.address", to.name)
	m.PutInt("server.port", 8443)
	m.PutStr("network.protocol.name", "http")
	m.PutStr("network.protocol.version", "1.1")
	m.PutStr("network.peer.address", to.host)
	m.PutInt("network.peer.port", 8443)
	m.PutInt("http.response.status_code", r.status)
	m.PutInt("thread.id", g.random.Int64N(200))
}

func (stable) statement(g *Generator, m attributes, s *service) {
	table := tables[g.random.IntN(len(tables))]
	m.PutStr("db.system.name", s.database)
	m.PutStr("db.namespace", s.name)
	m.PutStr("db.collection.name", table)
	m.PutStr("db.operation.name", "SELECT")
	m.PutStr("db.query.text", fmt.Sprintf("SELECT t.id, t.name, t.state, t.changed FROM %s t WHERE t.id = $1 AND t.owner = $2 LIMIT %d", table, 1+g.random.IntN(50)))
	m.PutStr("server.address", s.name+"-db.shop.example.org")
	m.PutInt("server.port", 5432)
	m.PutStr("network.peer.address", "10.9.0.5")
	m.PutInt("db.response.returned_rows", g.random.Int64N(50))
	m.PutInt("thread.id", g.random.Int64N(200))
}

// old are the conventions before 1.20, as Python's and older Java
// instrumentation write them.
type old struct{}

func (old) server(g *Generator, m attributes, r *request) {
	m.PutStr("http.method", r.endpoint.method)
	m.PutStr("http.scheme", "http")
	m.PutStr("http.host", r.to.name+":8080")
	target := r.path
	if r.query != "" {
		target += "?" + r.query
	}
	m.PutStr("http.target", target)
	m.PutStr("http.flavor", "1.1")
	m.PutStr("http.user_agent", r.agent)
	m.PutStr("http.server_name", r.to.name)
	m.PutStr("net.host.name", r.to.name)
	m.PutInt("net.host.port", 8080)
	m.PutStr("net.sock.peer.addr", r.peer)
	m.PutInt("net.sock.peer.port", 30_000+g.random.Int64N(30_000))
	if r.to.forwards {
		m.PutStr("http.client_ip", r.clientAddress())
	}
	if r.to.routed {
		m.PutStr("http.route", r.endpoint.route)
	}
	m.PutInt("http.status_code", r.status)
	if r.size >= 0 {
		m.PutInt("http.response_content_length", r.size)
	}
	m.PutStr("thread.name", fmt.Sprintf("http-nio-8080-exec-%d", g.random.IntN(200)))
}

func (old) client(g *Generator, m attributes, r *request, to *service) {
	m.PutStr("http.method", r.endpoint.method)
	m.PutStr("http.url", "http://"+to.name+":8080"+r.path)
	m.PutStr("http.scheme", "http")
	m.PutStr("http.flavor", "1.1")
	m.PutStr("net.peer.name", to.name)
	m.PutInt("net.peer.port", 8080)
	m.PutStr("net.sock.peer.addr", to.host)
	m.PutInt("http.status_code", r.status)
	m.PutInt("http.response_content_length", max(0, r.size))
	m.PutStr("thread.name", fmt.Sprintf("http-nio-8080-exec-%d", g.random.IntN(200)))
}

func (old) statement(g *Generator, m attributes, s *service) {
	table := tables[g.random.IntN(len(tables))]
	m.PutStr("db.system", s.database)
	m.PutStr("db.name", s.name)
	m.PutStr("db.user", "app")
	m.PutStr("db.connection_string", s.database+"://"+s.name+"-db:3306")
	m.PutStr("db.statement", fmt.Sprintf("UPDATE %s SET state = ?, changed = ? WHERE id = ? AND version = %d", table, g.random.IntN(100)))
	m.PutStr("db.operation", "UPDATE")
	m.PutStr("db.sql.table", table)
	m.PutStr("net.peer.name", s.name+"-db")
	m.PutInt("net.peer.port", 3306)
	m.PutStr("net.sock.peer.addr", "10.9.0.6")
	m.PutStr("thread.name", fmt.Sprintf("http-nio-8080-exec-%d", g.random.IntN(200)))
}

// work is a span of the application's own.
func work(g *Generator, m attributes) {
	m.PutStr("code.function.name", "org.example.shop."+functions[g.random.IntN(len(functions))])
	m.PutStr("code.file.path", "src/main/java/org/example/shop/Service.java")
	m.PutInt("code.line.number", g.random.Int64N(900))
	m.PutInt("thread.id", g.random.Int64N(200))
	m.PutStr("thread.name", "worker")
	m.PutInt("shop.items", g.random.Int64N(40))
}

var (
	tables    = []string{"orders", "order_items", "customers", "products", "prices", "stock", "payments", "addresses", "sessions"}
	functions = []string{"PriceList.total", "Basket.validate", "View.render", "Tax.compute", "Stock.reserve", "Voucher.apply", "Audit.write"}
)
