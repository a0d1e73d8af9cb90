package apiinvariantprocessor

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEvidenceShowsAsMuchAsItShould(t *testing.T) {
	const secret = `token | GET /orders/{id} | req.query.token == env.user.id`
	for evidence, want := range map[string]struct{ value, token string }{
		"values": {"8", "sha256:"},
		"hash":   {"sha256:", "sha256:"},
		"none":   {"(none)", "(none)"},
	} {
		cfg := withRules(ownID, secret)
		cfg.Evidence = evidence
		b := newBench(t, cfg)
		b.send(order(1, "?user=8&token=hush"))
		b.stop()
		require.Equal(t, []string{"own-id of 1", "token of 1"}, b.told())
		for _, span := range b.violations() {
			key, shown := "anomaly.value.req.query.user", want.value
			if attr(span, "security_rule.name") == "token" {
				key, shown = "anomaly.value.req.query.token", want.token
			}
			value := attr(span, key)
			assert.True(t, strings.HasPrefix(value, shown), "%s: %s is %s", evidence, key, value)
			assert.NotContains(t, attr(span, "anomaly.explanation"), "hush")
			assert.Contains(t, attr(span, "anomaly.explanation"), " is false")
		}
	}
}

func TestAViolationThatIsEmittedTellsHowManyWereHeldBack(t *testing.T) {
	cfg := withRules(ownID)
	cfg.Limits.MaxPerRuleAndCaller = 3
	b := newBench(t, cfg)
	for i := range 10 {
		b.send(order(byte(i+1), "?user=8"))
	}
	b.pass(time.Minute)
	b.send(order(11, "?user=8"), order(12, "?user=8"))
	b.stop()
	held := map[string]int{}
	for _, span := range b.violations() {
		held[attr(span, "anomaly.suppressed_count")]++
	}
	assert.Equal(t, map[string]int{"(none)": 4, "7": 1}, held)
}

// Behind one address, each user has a limit of their own, whatever other rules the API has.
func TestUsersBehindOneAddressDoNotHoldEachOthersViolationsBack(t *testing.T) {
	for _, rules := range [][]string{{`json | GET /orders/{id} | call.status == 201`}, {`json | GET /orders/{id} | call.status == 201 || size(db) > 10`}} {
		cfg := withRules(rules...)
		cfg.Limits.MaxPerRuleAndCaller = 1
		b := newBench(t, cfg)
		for i := range 6 {
			td := order(byte(i+1), "", ownedSQL)
			td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutStr("user.id", strconv.Itoa(i%3))
			b.send(td)
		}
		b.stop()
		assert.Len(t, b.told(), 3)
	}
}

func TestEachViolationIsASpanOfItsOwn(t *testing.T) {
	b := newBench(t, withRules(ownID, ownOrder, `json | GET /orders/{id} | call.status == 201`))
	b.send(order(1, "?user=8", anysSQL), order(2, "?user=8", anysSQL))
	b.stop()
	ids := map[string]bool{}
	for _, span := range b.violations() {
		ids[span.SpanID().String()] = true
	}
	assert.Len(t, ids, 6)
}
