package proposer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/goleak"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/rulefile"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	keyVariable = "SPANWARDEN_TEST_KEY"
	testKey     = "sk-test-0123456789abcdef"
)

// asked is a request as the endpoint got it.
type asked struct {
	path    string
	headers http.Header
	body    chatRequest
	length  int // bytes
}

// last is what the model was told last.
func (a *asked) last() string { return a.body.Messages[len(a.body.Messages)-1].Content }

// all is all that the model was told.
func (a *asked) all() string {
	var b strings.Builder
	for _, m := range a.body.Messages {
		b.WriteString(m.Role + ": " + m.Content + "\n")
	}
	return b.String()
}

// endpointOf starts a server that answers as such endpoints do, and returns what it was asked.
func endpointOf(t testing.TB, answer func(w http.ResponseWriter, a *asked)) (string, *log) {
	t.Helper()
	requests := new(log)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		a := &asked{path: r.URL.Path, headers: r.Header.Clone(), length: len(body)}
		assert.NoError(t, json.Unmarshal(body, &a.body), "%s", body)
		requests.add(a)
		answer(w, a)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v1", requests
}

// log is what an endpoint was asked.
type log struct {
	mu  sync.Mutex
	all []*asked
}

func (l *log) add(a *asked) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, a)
}

func (l *log) requests() []*asked {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all
}

// says answers with a text, as a chat completion that took 1000 and 100 tokens.
func says(w http.ResponseWriter, text string) {
	sendJSON(w, http.StatusOK, map[string]any{
		"id": "chatcmpl-1", "object": "chat.completion", "model": "test-model",
		"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": text}}},
		"usage":   map[string]any{"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
	})
}

func sendJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

// rules is an answer with rules.
func rules(all ...ruleText) string { return string(write(map[string]any{"rules": all})) }

// settings are those of a test: an answer in seconds, and no pauses.
func settings(t testing.TB, url string) Settings {
	t.Helper()
	t.Setenv(keyVariable, testKey)
	return Settings{
		URL: url, Model: "test-model", KeyVariable: keyVariable, Timeout: 20 * time.Second,
		pause: func(time.Duration) <-chan time.Time {
			now := make(chan time.Time)
			close(now)
			return now
		},
	}
}

// text is a column of texts.
func text(path ...string) Column { return Column{Path: path, Type: "text"} }

func number(path ...string) Column { return Column{Path: path, Type: "number"} }

// shop is the schema of a shop.
func shop() Schema {
	return Schema{
		APIs: []API{
			{
				Service: "orders", API: "POST /orders", Seen: 40,
				Columns: []Column{
					number("req", "body", "price"), number("req", "body", "count"), text("req", "body", "accountId"),
					text("resp", "body", "orderId"),
				},
				Statements: []Statement{{Op: "INSERT", Table: "orders", Set: []string{"id", "account_id", "price"}}},
			},
		},
		Tables:      []Table{{Name: "orders", Columns: []Column{text("id"), text("account_id"), number("price")}}},
		Environment: []Column{text("env", "user", "id")},
	}
}

// call is one call of POST /orders.
type call struct {
	user, body string
	status     int64
}

// usual are calls of the shop: one in ten fails.
func usual() []call {
	var calls []call
	for i := range 40 {
		c := call{user: fmt.Sprint(i % 4), body: fmt.Sprintf(`{"price": %d.5, "count": %d, "accountId": %d}`, 3+i, i%5, i%4), status: 201}
		if i%10 == 9 {
			c.status = 409
		}
		calls = append(calls, c)
	}
	return calls
}

// proveOn judges rules on calls with the evaluator that everybody uses.
func proveOn(t testing.TB, calls []call) Prove {
	return func(_ context.Context, rules []rulefile.Rule) ([]Proof, error) {
		book, err := invariant.Compile([]*rulefile.File{{Path: "proposed", Rules: rules}}, invariant.Options{})
		require.NoError(t, err)
		proofs := make([]Proof, len(rules))
		place := make(map[string]int)
		for i := range rules {
			proofs[i].Rule = rules[i]
			place[rules[i].ID] = i
		}
		reader, err := apicall.NewReader(apicall.Settings{})
		require.NoError(t, err)
		details, err := invariant.NewReader(apicall.BodyNames{}, 64<<10, sqltext.NewCache(10, 1<<10))
		require.NoError(t, err)
		judge := invariant.NewJudge(book)
		for i := range calls {
			span := calls[i].span()
			var c apicall.Call
			require.Equal(t, apicall.APICall, reader.Span(span, new(apicall.Scratch), &c, new(apicall.Statement)))
			read := details.Span(book, "orders", &c, span.Attributes(), new(invariant.Scratch))
			if read == nil {
				continue
			}
			take := func(v invariant.Verdict) {
				proof := &proofs[place[v.Rule.ID]]
				switch v.Outcome {
				case invariant.Holds:
					proof.Held++
				case invariant.Violated:
					proof.Violated++
					proof.Exceptions = append(proof.Exceptions, v.Explain(invariant.ShowValues).Text)
				default:
					proof.NotApplicable++
				}
			}
			judge.Immediate(read, take)
			judge.Deferred(read, &invariant.Surroundings{StatementsOpen: true, CallsOpen: true}, take)
		}
		return proofs, nil
	}
}

func (c *call) span() ptrace.Span {
	span := ptrace.NewSpan()
	span.SetKind(ptrace.SpanKindServer)
	for key, value := range map[string]string{
		"http.request.method": "POST", "http.route": "/orders", "url.path": "/orders", "user.id": c.user, "http.request.body.content": c.body,
	} {
		span.Attributes().PutStr(key, value)
	}
	span.Attributes().PutInt("http.response.status_code", c.status)
	return span
}

// checks are what rules check, in their order.
func checks(all []rulefile.Rule) []string {
	texts := []string{}
	for i := range all {
		texts = append(texts, all[i].Check.Text)
	}
	return texts
}
