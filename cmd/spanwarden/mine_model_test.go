package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// model answers every question in one way, and remembers what it was asked.
type model struct {
	url string

	mu    sync.Mutex
	asked []string
	keys  []string
}

func newModel(t *testing.T, rules string) *model {
	t.Helper()
	m := &model{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		question, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		m.mu.Lock()
		m.asked = append(m.asked, string(question))
		m.keys = append(m.keys, r.Header.Get("Authorization"))
		m.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		assert.NoError(t, json.NewEncoder(w).Encode(map[string]any{
			"choices": []any{map[string]any{"message": map[string]any{"content": `{"rules": [` + rules + `]}`}}},
			"usage":   map[string]any{"prompt_tokens": 100, "completion_tokens": 10},
		}))
	}))
	t.Cleanup(server.Close)
	m.url = server.URL
	return m
}

const modelRules = `
	{"api": "POST /orders", "check": "req.body.quantity * 2 < 1000", "message": "far too much is ordered"},
	{"api": "POST /orders", "check": "req.body.quantity > 5"},
	{"api": "POST /orders", "check": "req.body.nothing > 5"}`

func TestAModelsRulesAreWrittenIfTheyHold(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "")
	model := newModel(t, modelRules)
	m := mine(t, jsonl(t, visits(t, 60)...), "--llm-url", model.url, "--llm-model", "small", "--llm-rounds", "2")
	assert.Contains(t, m.rules, "check: req.body.quantity * 2 < 1000\n    message: far too much is ordered\n")
	assert.Contains(t, m.rules, "source: model")
	assert.NotContains(t, m.rules, "quantity > 5")
	assert.NotContains(t, m.rules, "body.nothing")
	assert.Contains(t, m.report, "\n* **It never happens that far too much is ordered.**\n  Held on 60 calls of 60 sessions, risk of a false alarm 1.6 %. The language model proposed it.\n")
	assert.Contains(t, m.report, "POST /orders: req.body.quantity &gt; 5 (violated by")
	assert.Regexp(t, `note: the language model answered \d+ requests in 2 rounds, for \d+ tokens, and proposed \d+ rules, of which 1 is in the file`, m.stderr)
	assert.Contains(t, m.report, "\n## The language model\n\n`small` was asked ")
	assert.Contains(t, m.report, " in 2 rounds, with what was wrong the last time, and proposed ")
	assert.Contains(t, m.report, ", of which 1 is in the file.\n")
	assert.Empty(t, strings.Join(model.keys, ""), "there is no key")
	all := strings.Join(model.asked, "\n")
	assert.Contains(t, all, "req.body.currency")
	assert.Contains(t, all, "all of them answered with a status from 200 to 299", "what violations have in common is told")
	assert.NotContains(t, all, "EUR", "no values are")
	assert.NotContains(t, all, "203.0.113")
}

func TestAModelSeesValuesIfTheUserSaysSo(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "secret")
	model := newModel(t, modelRules)
	mine(t, jsonl(t, visits(t, 120)...), "--llm-url", model.url, "--llm-model", "small", "--llm-values")
	assert.Contains(t, strings.Join(model.asked, "\n"), "EUR")
	assert.Contains(t, model.keys, "Bearer secret")
}

// What was learned without a model is not lost with it.
func TestAModelThatIsOfNoUseIsTold(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "")
	spans := jsonl(t, visits(t, 120)...)
	without := mine(t, spans)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such model", http.StatusNotFound)
	}))
	defer server.Close()
	m := mine(t, spans, "--llm-url", server.URL, "--llm-model", "none")
	assert.Equal(t, without.rules, m.rules)
	assert.Contains(t, m.stderr, "note: the language model was not asked all there was to ask: ")
	assert.Contains(t, m.report, "It was not asked all there was to ask: ")
}

func TestMineRefusesAnEndpointBeforeItReads(t *testing.T) {
	out := filepath.Join(t.TempDir(), "invariants.yaml")
	broken := file(t, "broken.jsonl", "not json\n")
	for url, want := range map[string]string{
		"localhost:1/v1":       "has no https:// and host",
		"https://a:b@host/v1":  "has a user or password in it",
		"http://192.0.2.1/v1":  "would travel to 192.0.2.1 unencrypted",
		"https://192.0.2.1/v1": "broken.jsonl:1: no OTLP JSON",
	} {
		t.Setenv("MY_KEY", "secret")
		_, _, err := command("mine", "--out", out, "--llm-url", url, "--llm-model", "m", "--llm-key-env", "MY_KEY", broken)
		assert.ErrorContains(t, err, want, url)
	}
	t.Setenv("MY_KEY", "")
	_, _, err := command("mine", "--out", out, "--llm-url", "https://192.0.2.1/v1", "--llm-model", "m", "--llm-key-env", "MY_KEY", broken)
	require.ErrorContains(t, err, "the environment variable MY_KEY has no key for the language model")
}
