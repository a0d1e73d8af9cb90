package apiinvariantprocessor

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// change replaces the rules of the shop's file.
func (s *stage) change(text string) {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(s.config.Rules[0], []byte(text), 0o600))
	loaded, err := s.rules.reload(&s.settings.rules)
	require.NoError(s.t, err)
	s.rules.use(loaded)
}

// The products of orders were on no rule's mind before.
const afterChange = `  - {id: of-a-product, api: "POST /orders/{id}/payment", check: 'has(row("orders", req.path.id).product)'}
  - {id: after-change, api: "POST /orders/{id}/payment", check: 'has(earlier("PUT /products/{id}").call.start)'}` + "\n"

// regulars are a shop and its stage some time after the start, so that all that sessions do is seen.
func regulars(t *testing.T, cfg *Config) (*shop, *stage) {
	t.Helper()
	s := newShop(1)
	s.look(0)
	s.at += 10 * time.Second
	for user := 1; user < 4; user++ {
		s.look(user)
		s.order(user, 2, s.prices[2])
	}
	stage := newStage(t, cfg, nopSettings())
	stage.soon(s)
	s.at += 5 * time.Second
	return s, stage
}

func TestRulesThatChangeKeepWhatIsKnown(t *testing.T) {
	s, stage := regulars(t, shopConfig(t))
	s.pay(1, 1000, 200)
	stage.soon(s)
	stage.change(shopReferences + shopRules + `  - {id: no-teapots, api: "*", check: call.status != 418}` + "\n")
	s.pay(1, 1000, 200)
	s.pay(9, 1001, 200) // by somebody who has not looked
	stage.soon(s)
	o := stage.stop()
	assert.Equal(t, [3]int{2, 1, 0}, o.of("paid-once"))
	assert.Equal(t, [3]int{2, 1, 0}, o.of("paid-after-look"), "what is known is complete")
}

func TestWhatNewRulesAskForIsNotMissedBefore(t *testing.T) {
	s, stage := regulars(t, shopConfig(t))
	s.change(3, 4)
	stage.soon(s)
	stage.change(shopReferences + shopRules + afterChange)
	s.at = stage.at
	s.pay(1, 1000, 200)
	s.at += 3 * time.Second
	s.pay(5, 1001, 200) // whose session begins now
	s.at += 3 * time.Second
	s.pay(6, s.order(6, 2, s.prices[2]), 200)
	stage.soon(s)
	o := stage.stop()
	assert.Equal(t, [3]int{0, 2, 1}, o.of("after-change"))
	assert.Equal(t, [3]int{1, 0, 2}, o.of("of-a-product"))
}

func TestWhatNoRuleAsksForIsNotTakenDown(t *testing.T) {
	s, stage := regulars(t, shopConfig(t))
	rows := func() map[string]int {
		all := make(map[string]int)
		for _, c := range stage.chronicle.store.Stats().Collections {
			all[c.Name] = c.Rows
		}
		return all
	}
	settle := func() {
		stage.soon(s)
		stage.to(stage.at + 3*stage.config.Settle)
		s.at = stage.at
	}
	settle()
	require.Equal(t, map[string]int{"products": 10, "orders": 3, "earlier GET /products": 4}, rows())
	stage.change(shopReferences + `invariants: [{id: quoted, api: "GET /quote/{id}", check: 'row("products", req.path.id).price == resp.body.price'}]`)
	s.order(1, 2, 3)
	s.look(8)
	settle()
	require.Equal(t, map[string]int{"products": 10, "orders": 3, "earlier GET /products": 4}, rows(), "what is known is kept")
	stage.change("version: 1\ninvariants: [{id: quoted, api: \"GET /quote/{id}\", check: call.status < 400}]")
	s.order(1, 2, 3)
	s.change(4, 5)
	settle()
	stage.change(shopReferences + shopRules)
	s.pay(1, 1000, 200)
	s.pay(2, 1004, 200)  // of an order that was not taken down
	s.pay(10, 1001, 200) // by somebody who may have looked
	stage.soon(s)
	o := stage.stop()
	assert.Equal(t, [3]int{2, 0, 1}, o.of("paid-once"))
	assert.Equal(t, [3]int{0, 0, 3}, o.of("paid-after-look"))
}

func TestRulesThatLookAtEarlierCallsMayComeLater(t *testing.T) {
	cfg := shopConfig(t)
	require.NoError(t, os.WriteFile(cfg.Rules[0], []byte("version: 1\ninvariants: [{id: answered, api: \"*\", check: call.status < 500}]"), 0o600))
	s, stage := regulars(t, cfg)
	require.Nil(t, stage.chronicle)
	stage.change(shopReferences + shopRules)
	s.at = stage.at
	s.pay(1, s.order(1, 2, 3), 200)
	s.pay(1, 1003, 200)
	stage.soon(s)
	o := stage.stop()
	assert.Equal(t, [3]int{1, 1, 0}, o.of("paid-once"))
}

// Traces that had to make room before they settled are not known: what they showed is not missed.
func TestTracesThatMadeRoomAreNotMissed(t *testing.T) {
	for traces, want := range map[int][3]int{100: {1, 1, 0}, 2: {0, 0, 2}} {
		cfg := shopConfig(t)
		s, stage := regulars(t, cfg)
		stage.to(stage.at + 3*cfg.Settle)
		stage.stop()
		before := stage.chronicle

		cfg.Limits.MaxTraces = traces
		stage = newStage(t, cfg, nopSettings())
		stage.chronicle.store = before.store
		stage.chronicle = newChronicle(stage.watch, before.store)
		s.at += 2 * time.Minute
		stage.at = s.at
		for user := 4; user < 12; user++ {
			s.look(user)
		}
		s.at += 5 * time.Second
		s.pay(4, 1000, 200)
		s.pay(20, 1001, 200)
		stage.soon(s)
		o := stage.stop()
		assert.Equal(t, want, o.of("paid-after-look"), traces)
	}
}
