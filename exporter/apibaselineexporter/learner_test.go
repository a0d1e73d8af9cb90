package apibaselineexporter

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// visit is what somebody does in the shop: he looks at an order of his, of which the statement tells whose it is.
func visit(n int) ptrace.Traces {
	user, order, at := 1000+n%37, 5000+n, 10*n
	return newTrace(n+1).
		call("shop", at+1, 0, map[string]any{
			"http.route": "/orders/{id}", "url.path": fmt.Sprint("/orders/", order), "user.id": fmt.Sprint(user), "session.id": fmt.Sprint("s", n/3),
			"http.request.body.content": "", "http.response.body.content": fmt.Sprintf(`{"id":%d,"state":"paid","total":%d}`, order, 1+n%91), "url.query": "",
		}).
		statement("shop", at+2, at+1, fmt.Sprintf("SELECT id, total FROM orders WHERE id = %d AND user_id = %d", order, user)).td
}

// teach starts an exporter with the learner of baseline and sends visits, which have settled when it returns.
func teach(t *testing.T, o options, from, to int) *bench {
	t.Helper()
	b := newBench(t, o)
	b.watch.school = baselineSchool(b.watch.config)
	require.NoError(t, b.start(o.host))
	for n := from; n < to; n++ {
		b.send(visit(n))
	}
	b.pass(15 * time.Second)
	b.await(func() bool { return b.watch.tree.Stats().Traces == 0 })
	return b
}

func TestTheBookIsOneThatCanBeUsed(t *testing.T) {
	outputs := func(c *Config) { c.References, c.Report = c.Invariants+".references", c.Invariants+".md" }
	b := teach(t, options{change: outputs}, 0, 600)
	b.stop()
	assert.Empty(t, b.said(zap.InfoLevel))
	file, err := rulefile.Load(b.file("invariants.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, file.Rules)
	_, err = invariant.Compile([]*rulefile.File{file}, invariant.Options{})
	require.NoError(t, err)
	var checks []string
	for _, r := range file.Rules {
		checks = append(checks, r.Check.Text)
	}
	assert.Contains(t, strings.Join(checks, "\n"), "user_id", "whose order it is")
	references, err := os.Open(b.file("invariants.yaml.references"))
	require.NoError(t, err)
	defer references.Close()
	_, err = reference.Load(references, reference.DefaultSettings())
	require.NoError(t, err)
	assert.Contains(t, b.content("invariants.yaml.md"), "/orders/{id}")
}

// What is learned in two runs is what is learned in one.
func TestLearningGoesOnWhereItWas(t *testing.T) {
	once := teach(t, options{}, 0, 400)
	once.stop()
	m, folder := newMemory(), t.TempDir()
	first := teach(t, options{host: m.host(), folder: folder, change: stored}, 0, 200)
	first.stop()
	second := teach(t, options{host: m.host(), folder: folder, change: stored}, 200, 400)
	second.stop()
	assert.Empty(t, second.said(zap.WarnLevel))
	assert.Equal(t, once.content("invariants.yaml"), second.content("invariants.yaml"))
}
