package sampletraffic

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Settings of a [Generator]. The zero value of a field takes the default.
type Settings struct {
	Seed    uint64
	Batch   int     // least number of spans in a batch; 512, as SDKs send by default
	Rate    float64 // spans a second of event time that the whole shop makes; 10 000
	Clients int     // addresses, the first ones far busier than the last; 10 000
	// OptIns adds what SDKs record only when asked to: the user, bodies, bound parameters.
	OptIns bool
	// Keep chooses the spans that go into batches, by the name of their service
	// and their kind; nil keeps all. Time advances with those left out too.
	Keep func(service string, kind ptrace.SpanKind) bool
}

func (s Settings) withDefaults() Settings {
	if s.Batch == 0 {
		s.Batch = 512
	}
	if s.Rate == 0 {
		s.Rate = 10_000
	}
	if s.Clients == 0 {
		s.Clients = 10_000
	}
	if s.Keep == nil {
		s.Keep = func(string, ptrace.SpanKind) bool { return true }
	}
	return s
}

// Generator makes batches of whole traces. Not for concurrent use.
type Generator struct {
	settings Settings
	random   *rand.Rand
	clients  *rand.Zipf

	made  int // spans, kept or not
	total int // spans kept in the batch at hand
	calls int // server spans among them
	batch map[*service]scopes
}

// New returns a generator; the same settings give the same batches.
func New(settings Settings) *Generator {
	s := settings.withDefaults()
	random := rand.New(rand.NewPCG(s.Seed, 0x5a3d))
	return &Generator{
		settings: s,
		random:   random,
		clients:  rand.NewZipf(random, 1.1, 20, uint64(s.Clients-1)),
	}
}

// Batch makes the next batch. Its times begin at 0, the epoch.
func (g *Generator) Batch() *Batch {
	td := ptrace.NewTraces()
	g.made, g.total, g.calls = 0, 0, 0
	g.batch = make(map[*service]scopes)
	for _, s := range shop {
		g.batch[s] = newScopes(td, s)
	}
	for g.total < g.settings.Batch {
		g.trace()
	}
	removeEmpty(td)
	return &Batch{Traces: overTheWire(td), Spans: g.total, Calls: g.calls, Length: g.now()}
}

// now is the event time since the batch began.
func (g *Generator) now() time.Duration {
	return time.Duration(float64(g.made) / g.settings.Rate * float64(time.Second))
}

// request is one call of a service.
type request struct {
	to       *service
	endpoint endpoint
	path     string
	query    string
	client   string
	peer     string
	agent    string
	status   int64
	size     int64 // of the response, -1 if it is not told
}

// clientAddress is what the service takes for its client.
func (r *request) clientAddress() string {
	if r.to.forwards {
		return r.client
	}
	return r.peer
}

// trace makes one client's call, and the calls and statements behind it.
func (g *Generator) trace() {
	t := &trace{g: g, at: g.now()}
	binary.BigEndian.PutUint64(t.id[:8], g.random.Uint64())
	binary.BigEndian.PutUint64(t.id[8:], g.random.Uint64())
	if g.random.IntN(50) == 0 {
		t.at -= time.Duration(g.random.Int64N(int64(2 * time.Second))) // a batch that was sent late
	}
	client := address(g.clients.Uint64())
	back := popular(g.random, nil)
	r := g.request(back, client)

	front := *r
	front.to, front.path, front.peer = gateway, "/api/v1"+r.path, client
	front.endpoint.route = ""
	var parent pcommon.SpanID
	if g.random.IntN(8) == 0 {
		parent = g.spanID() // a browser or app that is traced
	}
	entry := t.server(&front, parent)
	r.peer = gateway.host
	t.backend(r, t.client(gateway, r, entry), 1)
}

func (g *Generator) request(to *service, client string) *request {
	e := to.routes[min(g.random.IntN(len(to.routes)), g.random.IntN(len(to.routes)))]
	r := &request{to: to, endpoint: e, path: e.path(g.random), client: client, agent: agents[g.random.IntN(len(agents))], status: 200, size: -1}
	if g.random.IntN(3) == 0 {
		r.query = fmt.Sprintf("page=%d&sort=name", g.random.IntN(9))
	}
	if g.random.IntN(5) > 0 {
		r.size = g.random.Int64N(50_000)
	}
	if g.random.IntN(12) == 0 {
		r.status = []int64{201, 204, 304, 400, 401, 404, 404, 500}[g.random.IntN(8)]
	}
	return r
}

// address is the address of the nth client.
func address(n uint64) string {
	n *= 0x9e3779b97f4a7c15 // neighbours in rank are none in the net
	return fmt.Sprintf("%d.%d.%d.%d", 11+n>>32%200, n>>40&0xff, n>>48&0xff, n>>56)
}

var agents = []string{
	"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
	"ShopApp/7.3 (Android 14)", "okhttp/4.12.0", "python-requests/2.31.0",
}
