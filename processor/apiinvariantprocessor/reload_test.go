package apiinvariantprocessor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/processor/apiinvariantprocessor/internal/metadatatest"
)

// ruleFile writes rules as [rule] has them.
func ruleFile(t *testing.T, path string, rules ...string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("version: 1\ninvariants:\n")
	for _, text := range rules {
		r := rule(text)
		b.WriteString("  - id: " + r["id"].(string) + "\n    api: " + r["api"].(string) + "\n    check: |\n      " + r["check"].(string) + "\n")
	}
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
}

func rulesIn(b *bench) (ids []string) {
	for _, r := range b.rules.current.Load().book.Rules() {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestRuleFilesAreTakenUpWhenTheyChangeUnlessTheyAreBad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "invariants.yaml")
	ruleFile(t, path, ownID)
	cfg := withRules(ownOrder)
	cfg.Rules, cfg.RuleReloadInterval = []string{path}, time.Second
	telemetry := newTelemetry(t)
	b := startBench(t, cfg, settingsOf(telemetry.NewTelemetrySettings()))
	require.Equal(t, []string{"own-id", "own-order"}, rulesIn(b))
	b.send(order(1, "?user=8", anysSQL))

	ruleFile(t, path, `other | GET /orders/{id} | call.status == 201`)
	require.Eventually(t, func() bool { return assert.ObjectsAreEqual([]string{"other", "own-order"}, rulesIn(b)) }, 20*time.Second, 10*time.Millisecond)
	b.send(order(2, "?user=8", anysSQL))

	ruleFile(t, path, `other | GET /orders/{id} | call.statsu == 201`)
	refused := func() int64 {
		return counter(t, telemetry, "otelcol_processor_api_invariant_rule_reloads", "outcome", "refused")
	}
	require.Eventually(t, func() bool { return refused() == 1 }, 20*time.Second, 10*time.Millisecond)
	b.send(order(3, "?user=8", anysSQL))

	ruleFile(t, path, ownID)
	require.Eventually(t, func() bool { return assert.ObjectsAreEqual([]string{"own-id", "own-order"}, rulesIn(b)) }, 20*time.Second, 10*time.Millisecond)
	b.send(order(4, "?user=8", ownedSQL))
	b.stop()
	assert.Equal(t, []string{
		"other of 1", "other of 1", "own-id of 1", "own-id of 1", "own-order of 1", "own-order of 1", "own-order of 1",
	}, b.told())
	metadatatest.AssertEqualProcessorAPIInvariantRuleReloads(t, telemetry, []metricdata.DataPoint[int64]{
		point(2, "file.path", path, "outcome", "loaded"), point(1, "file.path", path, "outcome", "refused"),
	}, valuesOnly...)
}

// counter is the value of one of the processor's own counters, of the series with that attribute; 0 if there is none.
func counter(t *testing.T, telemetry *componenttest.Telemetry, name, key, value string) (sum int64) {
	t.Helper()
	metric, err := telemetry.GetMetric(name)
	if err != nil {
		return 0
	}
	for _, p := range metric.Data.(metricdata.Sum[int64]).DataPoints {
		if got, ok := p.Attributes.Value(attribute.Key(key)); ok && got.AsString() == value {
			sum += p.Value
		}
	}
	return sum
}

func TestAChangeBetweenConstructionAndStartIsTakenUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "invariants.yaml")
	ruleFile(t, path, ownID)
	cfg := withRules()
	cfg.Rules = []string{path}
	p, err := NewFactory().CreateTraces(t.Context(), settingsOf(componenttest.NewNopTelemetrySettings()), cfg, nil)
	require.NoError(t, err)
	ruleFile(t, path, ownOrder)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	assert.Equal(t, []string{"own-order"}, rulesIn(&bench{tracesProcessor: p.(*tracesProcessor)}))
	require.NoError(t, p.Shutdown(t.Context()))
}

func (b *bench) change(rules ...string) {
	b.t.Helper()
	sources := ruleSources{inline: withRules(rules...).Invariants, options: b.settings.rules.options}
	loaded, err := b.rules.reload(&sources)
	require.NoError(b.t, err)
	b.rules.use(loaded)
}

func TestCallsThatWaitAreJudgedByTheRulesThatTheyWereReadWith(t *testing.T) {
	b := newBench(t, withRules(ownOrder, audited))
	b.send(order(1, "", anysSQL))
	b.change(ownID)
	b.send(newTrace(1).statement("orders", 9, 2, auditSQL).td) // still kept, for those that wait
	b.send(order(2, "?user=8", anysSQL))
	b.stop()
	assert.Equal(t, []string{"own-id of 1", "own-order of 1"}, b.told())
}

func TestNewRulesDoNotMissWhatWasNotKeptBefore(t *testing.T) {
	b := newBench(t, withRules(ownID))
	td := order(1, "", auditSQL, ownedSQL)
	parts := apart(td, []int{0, 1, 2, 3})
	b.send(parts[1], parts[2])
	b.clock.Store(int64(500 * time.Millisecond)) // the call began before
	b.change(audited)
	b.send(parts[3], parts[0])
	late := newTrace(2).call("orders", 600, 0, "GET /orders/{id}", "/orders/42", nil).statement("orders", 601, 600, ownedSQL)
	b.send(late.td)
	b.stop()
	require.Len(t, b.violations(), 1)
	assert.Equal(t, byte(2), b.violations()[0].TraceID()[15])
}

// TestAChildReadForOtherRulesIsNotTakenForOneWithoutABody: the rules of that time did not want its body.
func TestAChildReadForOtherRulesIsNotTakenForOneWithoutABody(t *testing.T) {
	child := newTrace(1).call("payment", 3, 2, "POST /pay", "/pay", map[string]any{"http.response.body.content": `{"receipt": 5}`}).td
	parent := newTrace(1).call("shop", 1, 0, "POST /checkout", "/checkout", nil).internal("shop", 2, 1).td
	b := newBench(t, withRules(paidChild))
	b.send(child)
	b.change(`receipt | POST /checkout | calls.all(c, has(c.resp.body.receipt))`)
	b.send(parent)
	b.stop()
	assert.Empty(t, b.told())
	assert.Equal(t, int64(1), b.rules.tallies["receipt"].notApplicable[invariant.Unobserved].Load())
}

func TestCountsOfARuleGoOnWhenItsFileChanges(t *testing.T) {
	b := newBench(t, withRules(ownID))
	count := func() int64 { return b.rules.tallies["own-id"].violated.Load() }
	b.send(order(1, "?user=8"))
	b.change(ownID, ownOrder)
	b.send(order(2, "?user=8"))
	assert.Equal(t, int64(2), count())
	b.change(ownOrder)
	assert.Equal(t, int64(2), count(), "calls that wait may still be judged by it")
	b.change(ownOrder)
	assert.NotContains(t, b.rules.tallies, "own-id")
	b.stop()
}

func TestAnOlderLoadDoesNotReplaceANewerOne(t *testing.T) {
	b := newBench(t, withRules(ownID))
	older, err := b.rules.reload(&ruleSources{inline: withRules(ownOrder).Invariants})
	require.NoError(t, err)
	b.change(audited)
	b.rules.use(older)
	assert.Equal(t, []string{"audited"}, rulesIn(b))
	b.stop()
}

func TestAPanicOfALoadIsAnError(t *testing.T) {
	b := newBench(t, withRules(ownID))
	_, err := b.rules.reload(nil)
	assert.ErrorContains(t, err, "a defect in reading the rules, please report it")
	b.change(ownOrder) // no lock is left behind
	b.stop()
}
