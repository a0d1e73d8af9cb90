package plan

import (
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// healthChecks are those of the platform that the bank runs on.
func (b *builder) healthChecks() {
	const every = 10 * time.Second
	v := b.visit(0, "health", 0)
	v.client, v.agent = "10.0.0.5", "kube-probe/1.33"
	for at := between(v.random, 0, every); at < b.options.Length; at += every {
		v.now, v.pause = at, 0
		v.get("/healthz")
	}
	b.take(v)
}

// crawler is a search engine's that behaves: it asks whether it may, and does not hurry.
func (b *builder) crawler() {
	const every, lasts = 15 * time.Minute, 3 * time.Minute
	v := b.visit(0, "crawler", 0)
	v.client, v.agent = "192.0.2.66", "ExampleBot/2.1 (+https://bot.example/info)"
	for at := between(v.random, 0, every); at < b.options.Length; at += around(v.random, every, 0.15) {
		v.now, v.pause = at, 0
		v.get("/robots.txt")
		pages := 8 + v.random.IntN(7)
		gap := lasts / time.Duration(pages+1)
		for _, branch := range v.random.Perm(store.Branches)[:pages] {
			v.pause = around(v.random, gap, 0.4)
			v.branch(branch + 1)
		}
	}
	b.take(v)
}
