package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// visit is what a customer of the shop does: to order something and to look at the order, which is in a session of its own.
// The buyer is the customer unless somebody orders for another.
func visit(t *testing.T, n int, buyer string) []ptrace.Traces {
	t.Helper()
	at, user, session := int64(n)*60_000, fmt.Sprint(100+n%23), fmt.Sprintf("session-%03d", n)
	if buyer == "" {
		buyer = user
	}
	call := func(method, route, path string, more attrs) attrs {
		a := attrs{
			"http.request.method": method, "http.route": route, "url.path": path, "http.response.status_code": 200,
			"user.id": user, "session.id": session, "client.address": fmt.Sprintf("203.0.113.%d", n%200),
		}
		maps.Copy(a, more)
		return a
	}
	order, trace := fmt.Sprint(5000+7*n), uint64(n*2+1)
	var spans []ptrace.Traces
	add := func(service string, kind ptrace.SpanKind, trace, id, parent uint64, at int64, a attrs) {
		spans = append(spans, span(t, service, kind, trace, id, parent, at, a))
	}
	add("gateway", ptrace.SpanKindServer, trace, 16*trace, 0, at, call("POST", "/orders", "/orders", attrs{
		"http.request.body.content":  fmt.Sprintf(`{"userId": %q, "quantity": %d, "currency": %q}`, buyer, n%9+1, []string{"EUR", "USD"}[n%2]),
		"http.response.body.content": fmt.Sprintf(`{"id": %q, "status": "open"}`, order),
	}))
	trace++
	add("gateway", ptrace.SpanKindServer, trace, 16*trace, 0, at+20_000, call("GET", "/orders/{id}", "/orders/"+order, attrs{
		"http.response.body.content": fmt.Sprintf(`{"id": %q, "userId": %q}`, order, user),
	}))
	add("gateway", ptrace.SpanKindClient, trace, 16*trace+1, 16*trace, at+20_001, attrs{
		"db.system.name": "postgresql", "db.query.text": ownOrder, "db.query.parameter.0": order, "db.query.parameter.1": user,
	})
	return spans
}

// visits are so many, of which two have somebody order for another.
func visits(t *testing.T, n int) (batches []ptrace.Traces) {
	t.Helper()
	for i := range n {
		buyer := ""
		if i == n/2 || i == n-3 {
			buyer = "666"
		}
		batches = append(batches, visit(t, i, buyer)...)
	}
	return batches
}

// attackers are the traces of visits in which somebody orders for another.
func attackers(n int) []string {
	return []string{fmt.Sprintf("%032x", n/2*2+1), fmt.Sprintf("%032x", (n-3)*2+1)}
}

// mined is what mine wrote.
type mined struct {
	stdout, stderr                        string
	rules, report, references, exceptions string
	paths                                 map[string]string // by flag
}

// mine learns from spans with these flags.
func mine(t *testing.T, spans string, flags ...string) *mined {
	t.Helper()
	folder := t.TempDir()
	m := &mined{paths: map[string]string{
		"--out": filepath.Join(folder, "invariants.yaml"), "--report": filepath.Join(folder, "report.md"),
		"--references": filepath.Join(folder, "references.bin"), "--exceptions": filepath.Join(folder, "exceptions.txt"),
	}}
	args := append([]string{"mine"}, flags...)
	for _, flag := range []string{"--out", "--report", "--references", "--exceptions"} {
		args = append(args, flag, m.paths[flag])
	}
	var err error
	m.stdout, m.stderr, err = command(append(args, file(t, "spans.jsonl", spans))...)
	require.NoError(t, err, m.stderr)
	for flag, into := range map[string]*string{"--out": &m.rules, "--report": &m.report, "--references": &m.references, "--exceptions": &m.exceptions} {
		text, err := os.ReadFile(m.paths[flag])
		require.NoError(t, err)
		*into = string(text)
	}
	m.stderr = strings.ReplaceAll(m.stderr, folder, "FOLDER")
	return m
}
