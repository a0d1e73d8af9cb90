package endtoend

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/feature"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// learning puts the learner at the ends of a traces and a logs pipeline.
var learning = overlay(`
exporters:
  api_baseline:
    invariants: ${env:SPANWARDEN_STATE}/learned.yaml
    references: ${env:SPANWARDEN_STATE}/learned.references
    report: ${env:SPANWARDEN_STATE}/learned.md
    features: ${env:SPANWARDEN_STATE}/windows.csv
    write_interval: 1s
    settle: 1s
    storage: file_storage
    windows: {window: 1s, allowed_lateness: 0s, period: 1m, entry_services: [gateway]}
service:
  pipelines:
    traces: {exporters: [api_anomaly, api_baseline]}
    logs: {receivers: [otlp], processors: [memory_limiter], exporters: [api_baseline]}
`)

// judgingBy is a pipeline that judges by a rule book, behind which everything is written down.
func judgingBy(book string) string {
	return overlay(fmt.Sprintf(`
processors:
  api_invariant: {rules: [%q], settle: 1s}
exporters:
  file/spans: {path: "${env:SPANWARDEN_STATE}/spans.jsonl", flush_interval: 100ms}
  file/anomalies: {path: "${env:SPANWARDEN_STATE}/anomalies.jsonl", flush_interval: 100ms, rotation: null}
service:
  pipelines:
    traces: {processors: [memory_limiter, api_traffic, api_invariant], exporters: [api_anomaly, file/spans]}
`, book))
}

// visit is the n-th call of [generator.readOrder]: of one of many users, in one of many sessions, a tenth of a second
// after the one before.
func (g *generator) visit(n int, began time.Time, query string) *orderCall {
	g.end = began.Add(time.Duration(n) * 100 * time.Millisecond)
	c := g.readOrder(query)
	user, session := fmt.Sprint(100+n%29), fmt.Sprint("session-", n/2)
	for _, td := range []ptrace.Traces{c.gateway, c.orders, c.statement} {
		for _, rs := range td.ResourceSpans().All() {
			for _, span := range rs.ScopeSpans().At(0).Spans().All() {
				a := span.Attributes()
				if _, ok := a.Get("user.id"); ok {
					a.PutStr("user.id", user)
					a.PutStr("session.id", session)
				}
				if _, ok := a.Get("db.query.parameter.1"); ok {
					a.PutStr("db.query.parameter.1", user)
				}
			}
		}
	}
	return c
}

// teach sends visits and returns when the learner has learned from so many calls since it was started.
func teach(t *testing.T, c *collector, g *generator, began time.Time, from, to, calls int) {
	t.Helper()
	for n := from; n < to; n++ {
		v := g.visit(n, began, itsOwner)
		require.NoError(t, c.sendTraces(batch(v.gateway, v.orders, v.statement)))
	}
	eventually(t, 60*time.Second, func() error {
		families, err := c.scrape(c.telemetry)
		if err != nil {
			return err
		}
		const name = "otelcol_exporter_api_baseline_calls"
		learned := sum(families[name], "outcome", "learned") + sum(families[name+"_total"], "outcome", "learned")
		if int(learned) < calls {
			return fmt.Errorf("%v of %d calls are learned", learned, calls)
		}
		return nil
	})
}

func accessRecords(began time.Time, n int) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "site")
	records := rl.ScopeLogs().AppendEmpty().LogRecords()
	for i := range n {
		at := began.Add(-time.Minute + time.Duration(i)*time.Millisecond).UTC().Format("02/Jan/2006:15:04:05 +0000")
		records.AppendEmpty().Body().SetStr(fmt.Sprintf(`203.0.113.%d - - [%s] "GET /page/%d HTTP/1.1" 200 512 "-" "curl/8"`, i%200, at, i))
	}
	return ld
}

// Somebody lets it watch, over a restart of the pipelines, and then judges by what it has written: what is as it was stays
// quiet, and who reads an order without being its owner is found, though nobody has written a rule.
func TestWhatWasLearnedIsJudgedBy(t *testing.T) {
	t.Parallel()
	c := startCollector(t, defaultConfig, learning)
	generate, began := newGenerator(1, 0), time.Now().Add(-10*time.Minute)
	require.NoError(t, c.sendLogs(accessRecords(began, 20)))
	teach(t, c, generate, began, 0, 150, 20+2*150)
	eventually(t, 60*time.Second, func() error { // written while it learns
		_, err := os.Stat(c.file("learned.yaml"))
		return err
	})
	c.reload(t)
	teach(t, c, generate, began, 150, 300, 2*150)
	c.stop(t)
	for line := range strings.Lines(c.log()) {
		assert.False(t, strings.Contains(line, "\twarn\t") && strings.Contains(line, "api_baseline"), line)
	}

	ownership := requireBook(t, c)
	references, err := os.Open(c.file("learned.references"))
	require.NoError(t, err)
	defer references.Close()
	_, err = reference.Load(references, reference.DefaultSettings())
	require.NoError(t, err)
	report, err := os.ReadFile(c.file("learned.md"))
	require.NoError(t, err)
	assert.Contains(t, string(report), "(300 calls)", "of both halves")
	assert.Contains(t, string(report), "`site` (20 calls)")
	rows, err := dataset.Open(t.Context(), nil, dataset.Options{Features: feature.Names(feature.All())}, c.file("windows.csv"))
	require.NoError(t, err)
	assert.Positive(t, rows.Rows())

	judge := startCollector(t, defaultConfig, judgingBy(c.file("learned.yaml")))
	var honest []*orderCall
	for n := range 20 {
		call := generate.visit(300+n, began, itsOwner)
		honest = append(honest, call)
		require.NoError(t, judge.sendTraces(batch(call.statement, call.orders, call.gateway)))
	}
	tampered := generate.visit(330, began, anybodys)
	require.NoError(t, judge.sendTraces(batch(tampered.statement, tampered.orders, tampered.gateway)))
	judge.awaitViolations(t, 1)
	judge.stop(t)
	traces := shownTraces(readTraces(t, judge.file("spans.jsonl")))
	for _, call := range honest {
		requireHonest(t, call, traces[call.traceID.String()])
	}
	var broken []string
	for _, span := range traces[tampered.traceID.String()] {
		if isAnomaly(span) {
			broken = append(broken, span.attributes["security_rule.name"])
		}
	}
	assert.Contains(t, broken, ownership)
}

// requireBook fails the test unless the learned book has a rule that says whose orders may be read, of which it returns the id.
func requireBook(t *testing.T, c *collector) string {
	t.Helper()
	book, err := rulefile.Load(c.file("learned.yaml"))
	require.NoError(t, err)
	for _, rule := range book.Rules {
		if strings.Contains(rule.Check.Text, "user_id") && strings.Contains(rule.Check.Text, "env.user.id") {
			return rule.ID
		}
	}
	require.Fail(t, "there is no rule about the owner of an order", "%d rules", len(book.Rules))
	return ""
}

// When the period is over the files stay, and spans go on being taken.
func TestLearningEndsWithItsPeriod(t *testing.T) {
	t.Parallel()
	c := startCollector(t, defaultConfig, learning, overlay(`exporters: {api_baseline: {learn: {period: 30s}, report: "", references: "", features: ""}}`))
	generate, began := newGenerator(2, 0), time.Now().Add(-10*time.Minute)
	teach(t, c, generate, began, 0, 350, 2*300)
	eventually(t, 60*time.Second, func() error {
		if !strings.Contains(c.log(), "Learning has ended, since its period is over") {
			return errors.New("learning has not ended")
		}
		return nil
	})
	before, err := os.ReadFile(c.file("learned.yaml"))
	require.NoError(t, err)
	requireBook(t, c)
	require.NoError(t, c.sendTraces(generate.traces(5)))
	c.reload(t)
	require.NoError(t, c.sendTraces(generate.traces(5)))
	c.stop(t)
	after, err := os.ReadFile(c.file("learned.yaml"))
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))
	assert.Contains(t, c.log(), "Learning has ended in a run before")
	matches, err := filepath.Glob(c.file("*.previous"))
	require.NoError(t, err)
	assert.Empty(t, matches)
}
