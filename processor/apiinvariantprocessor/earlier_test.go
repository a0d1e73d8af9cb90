package apiinvariantprocessor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/processor/apiinvariantprocessor/internal/metadatatest"
)

// However spans arrive, within the time that calls wait for, the verdicts are those of a check of the recording.
func TestHowSpansArriveChangesNoStatefulVerdict(t *testing.T) {
	cfg := shopConfig(t)
	seen := make(map[string][3]int)
	rapid.Check(t, func(r *rapid.T) {
		s := newShop(rapid.Uint64().Draw(r, "shop"))
		s.day(60)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "delays"), 2))
		most := rapid.SampledFrom([]time.Duration{1, time.Second, 9 * time.Second}).Draw(r, "most")
		age := rapid.SampledFrom([]time.Duration{0, 24 * time.Hour}).Draw(r, "age")
		stage := newStage(t, cfg, nopSettings())
		stage.age = age
		stage.play(s.arriving(func(*shopSpan) time.Duration { return time.Duration(random.Int64N(int64(most))) }))
		want := checked(t, cfg, s)
		require.Equal(r, want, stage.stop())
		for rule, n := range want.tallies {
			for i := range n {
				n[i] += seen[rule][i]
			}
			seen[rule] = n
		}
	})
	for rule, n := range seen {
		assert.Positive(t, n[0], rule)
		assert.Positive(t, n[1], rule)
	}
}

// What comes too late, as slow calls do, is judged by what there was when it began: never to the opposite.
func TestALateCallIsJudgedAsOfItsStart(t *testing.T) {
	cfg := shopConfig(t,
		`  - {id: not-quoted, api: "GET /quote/{id}", check: 'row("products", req.path.id).price != resp.body.price'}`+"\n")
	agreed, differed := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		s := newShop(rapid.Uint64().Draw(r, "shop"))
		s.day(60)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "delays"), 2))
		stage := newStage(t, cfg, nopSettings())
		stage.play(s.arriving(func(span *shopSpan) time.Duration {
			if !span.feeds {
				return time.Duration(random.Int64N(int64(5 * time.Minute)))
			}
			return time.Duration(random.Int64N(int64(9 * time.Second)))
		}))
		late, inTime := quotes(stage.stop()), quotes(checked(t, cfg, s))
		for call, verdict := range late {
			switch other, applies := inTime[call]; {
			case !applies:
				differed++
			case verdict == other:
				agreed++
			default:
				assert.Failf(r, "the opposite", "%s: %s", call, verdict)
			}
		}
		for call := range inTime {
			if _, applies := late[call]; !applies {
				differed++
			}
		}
	})
	assert.Greater(t, agreed, 9*differed, "nearly all are judged as if they had come in time")
}

// quotes are the verdicts of a rule and its opposite, by call.
func quotes(o outcome) map[string]string {
	by := make(map[string]string)
	for _, v := range o.violations {
		if call, rule, _ := strings.Cut(v, " "); strings.HasSuffix(rule, "quoted") {
			by[call] += rule
		}
	}
	return by
}

// paid is what a stage says of payments of one order: by rule, held, violated, not applicable.
func paid(t *testing.T, cfg *Config, set processor.Settings, before func(*shop)) (*stage, outcome) {
	t.Helper()
	s := newShop(1)
	before(s)
	stage := newStage(t, cfg, set)
	stage.soon(s)
	o := stage.stop()
	return stage, o
}

func TestWhatABrokenRuleIsAboutIsNotBelieved(t *testing.T) {
	for name, l := range map[string]struct {
		first func(*shop, int)
		want  [3]int
	}{
		"a payment":                          {func(s *shop, order int) { s.pay(1, order, 200) }, [3]int{1, 1, 0}},
		"one that was refused":               {func(s *shop, order int) { s.pay(1, order, 402) }, [3]int{2, 0, 0}},
		"one that failed":                    {func(s *shop, order int) { s.pay(1, order, 500) }, [3]int{2, 0, 0}},
		"one by somebody else":               {func(s *shop, order int) { s.pay(2, order, 200) }, [3]int{2, 0, 0}},
		"one that deletes":                   {deletingPayment, [3]int{2, 0, 0}},
		"one in a trace with another defect": {defectivePayment, [3]int{2, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			telemetry := newTelemetry(t)
			_, o := paid(t, shopConfig(t), settingsOf(telemetry.NewTelemetrySettings()), func(s *shop) {
				order := s.order(1, 2, s.prices[2])
				l.first(s, order)
				s.pay(1, order, 200)
			})
			assert.Equal(t, l.want, o.of("paid-once"))
			requireNoPanics(t, telemetry)
		})
	}
}

func deletingPayment(s *shop, order int) {
	s.call(1, "POST", "/orders/{id}/payment", fmt.Sprintf("/orders/%d/payment", order), 200, "", `{"status": "paid"}`, "DELETE FROM debts")
}

// defectivePayment is one beside a call that no references are about.
func defectivePayment(s *shop, order int) {
	m := s.span("mail", s.traces+1, 9, 0, ptrace.SpanKindServer, s.at+time.Millisecond, time.Millisecond, true)
	m.PutStr("http.request.method", "POST")
	m.PutStr("http.route", "/mails")
	m.PutInt("http.response.status_code", 503)
	s.pay(1, order, 200)
}

// What else a trace shows is not believed, if a call breaks a rule that shows nothing itself.
func TestACallThatShowsNothingMayBreakARule(t *testing.T) {
	cfg := shopConfig(t)
	withoutTable := strings.Replace(shopReferences, "      - {table: orders, key: id, fields: {owner: user_id}}\n", "", 1)
	rules := `invariants:
  - {id: paid-once, api: "POST /orders/{id}/payment", check: 'row("orders", req.path.id).status != "paid"'}
  - {id: no-failure, api: "*", check: call.status < 500}
`
	require.NoError(t, os.WriteFile(cfg.Rules[0], []byte(withoutTable+rules), 0o600))
	_, o := paid(t, cfg, nopSettings(), func(s *shop) {
		order := s.order(1, 2, 3)
		defectivePayment(s, order)
		s.pay(1, order, 200)
	})
	assert.Equal(t, [3]int{2, 0, 0}, o.of("paid-once"))
}

// Of calls that begin at the same time, as far as their clock tells, those come first that are above others.
func TestACallDoesNotSeeWhatIsBeneathIt(t *testing.T) {
	s := newShop(1)
	order := s.order(1, 2, 3)
	s.pay(1, order, 200)
	above, beneath := &s.spans[len(s.spans)-1], s.span("shop", s.traces, 9, 2, ptrace.SpanKindServer, s.at-time.Second, 0, true)
	above.Attributes().CopyTo(beneath)
	above.SetStartTimestamp(s.spans[len(s.spans)-1].StartTimestamp())
	stage := newStage(t, shopConfig(t), nopSettings())
	stage.play(s.arriving(func(*shopSpan) time.Duration { return 0 }))
	o := stage.stop()
	assert.Equal(t, [3]int{2, 0, 0}, o.of("paid-once"))
}

func TestShutdownJudgesInOrderWhatWaits(t *testing.T) {
	s := newShop(1)
	order := s.order(1, 2, s.prices[2])
	s.pay(1, order, 200)
	s.pay(1, order, 200)
	spans := s.arriving(func(*shopSpan) time.Duration { return 0 })
	slices.Reverse(spans)
	stage := newStage(t, shopConfig(t), nopSettings())
	require.NoError(t, stage.ConsumeTraces(t.Context(), batchOf(spans...)))
	o := stage.stop()
	assert.Equal(t, []string{traceID(3).String() + "/" + spanID(2).String() + " paid-once"}, o.violations)
	stats := stage.chronicle.line.Stats()
	assert.Zero(t, stats.Traces+stats.Calls)
	assert.Zero(t, stats.Bytes)
}

func TestWhenTheTimeIsOverWhatWaitsIsNotJudged(t *testing.T) {
	s := newShop(1)
	s.pay(1, s.order(1, 2, 3), 200)
	stage := newStage(t, shopConfig(t), nopSettings())
	require.NoError(t, stage.ConsumeTraces(t.Context(), batchOf(s.arriving(func(*shopSpan) time.Duration { return 0 })...)))
	stage.to(stage.config.Settle + 5*time.Second)
	require.Positive(t, stage.chronicle.line.Stats().Calls)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, stage.Shutdown(over))
	assert.Zero(t, stage.rules.tallies["paid-once"].held.Load()+stage.rules.tallies["paid-once"].outcome(0))
}

// Rules that look at no earlier call do not wait for those that do.
func TestOtherRulesDoNotWaitLonger(t *testing.T) {
	s := newShop(1)
	s.pay(2, s.order(1, 2, 3, "DELETE FROM audit"), 500)
	stage := newStage(t, shopConfig(t), nopSettings())
	stage.soon(s)
	said := func(rule string) int64 { return stage.rules.tallies[rule].violated.Load() }
	assert.Equal(t, int64(2), said("no-failure"), "gateway and shop, at once")
	assert.Zero(t, said("no-deletion"))
	settled := stage.at + stage.config.Settle + time.Second
	stage.to(settled)
	assert.Equal(t, int64(1), said("no-deletion"))
	assert.Zero(t, said("price-as-shown")+stage.rules.tallies["price-as-shown"].outcome(0))
	stage.to(settled + stage.config.Settle + time.Second)
	assert.Equal(t, int64(1), said("no-deletion"))
	assert.Equal(t, int64(1), stage.rules.tallies["price-as-shown"].outcome(0))
	stage.stop()
}

func TestIgnoredCallsShowWhatTheyShow(t *testing.T) {
	cfg := shopConfig(t)
	cfg.Ignore.Routes = []string{"/orders"}
	_, o := paid(t, cfg, nopSettings(), func(s *shop) {
		s.pay(2, s.order(1, 2, 3, "DELETE FROM audit"), 200)
	})
	assert.Equal(t, [3]int{}, o.of("price-as-shown"))
	assert.Equal(t, [3]int{0, 1, 0}, o.of("paid-by-owner"))
}

func TestBooksWithoutSuchRulesKeepNothing(t *testing.T) {
	b := newBench(t, withRules(ownOrder))
	b.send(order(1, "", anysSQL))
	b.stop()
	assert.Nil(t, b.chronicle)
	assert.Equal(t, []string{"own-order of 1"}, b.told())
}

func TestRulesAboutEarlierCallsAreNotApplicableToLogs(t *testing.T) {
	telemetry := newTelemetry(t)
	p, err := NewFactory().CreateLogs(t.Context(), settingsOf(telemetry.NewTelemetrySettings()), shopConfig(t), new(consumertest.LogsSink))
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	require.NoError(t, p.ConsumeLogs(t.Context(), accessLog(`203.0.113.9 - ann [01/Mar/2026:12:00:00 +0000] "GET /orders/42 HTTP/1.1" 200 512 "-" "curl/8"`,
		`203.0.113.9 - ann [01/Mar/2026:12:00:00 +0000] "PUT /products/1 HTTP/1.1" 200 512 "-" "curl/8"`)))
	metadatatest.AssertEqualProcessorAPIInvariantNotApplicable(t, telemetry, []metricdata.DataPoint[int64]{
		point(1, "rule", "looked-at", "reason", "unobserved"), point(2, "rule", "no-deletion", "reason", "unobserved"),
	}, valuesOnly...)
	require.NoError(t, p.Shutdown(t.Context()))
}
