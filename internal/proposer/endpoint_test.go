package proposer

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// one is a schema that leads to a single question.
func one() Schema {
	schema := shop()
	schema.APIs[0].Statements, schema.Tables = nil, nil
	return schema
}

// good answers with a rule that holds.
func good(w http.ResponseWriter) {
	says(w, rules(ruleText{API: "POST /orders", Check: "req.body.price > 0"}))
}

// proposeTo asks an endpoint the one question.
func proposeTo(t *testing.T, url string, change func(*Settings)) (*Outcome, error) {
	t.Helper()
	s := settings(t, url)
	if change != nil {
		change(&s)
	}
	return Propose(t.Context(), one(), proveOn(t, usual()), s)
}

func TestWhatMayPassIsTriedAgain(t *testing.T) {
	for name, fail := range map[string]func(w http.ResponseWriter){
		"too many requests": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "7")
			sendJSON(w, http.StatusTooManyRequests, map[string]any{"error": map[string]any{"message": "slow down", "code": "rate_limit_exceeded"}})
		},
		"a date to wait for": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		"bad gateway":       func(w http.ResponseWriter) { http.Error(w, "<html>nginx</html>", http.StatusBadGateway) },
		"overloaded":        func(w http.ResponseWriter) { sendJSON(w, 529, map[string]any{"error": "overloaded"}) },
		"a broken answer":   func(w http.ResponseWriter) { w.Header().Set("Content-Length", "100"); sendJSON(w, http.StatusOK, 1) },
		"a lost connection": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"no wait that I ask": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "soon")
			w.WriteHeader(http.StatusInternalServerError)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var count atomic.Int64
			url, requests := endpointOf(t, func(w http.ResponseWriter, _ *asked) {
				if count.Add(1) <= 3 {
					fail(w)
					return
				}
				good(w)
			})
			var waits []time.Duration
			out, err := proposeTo(t, url, func(s *Settings) {
				at := s.pause
				s.pause = func(wait time.Duration) <-chan time.Time {
					waits = append(waits, wait)
					return at(wait)
				}
			})
			require.NoError(t, err)
			assert.Equal(t, []string{"req.body.price > 0"}, checks(out.Rules))
			assert.Equal(t, 4, out.Requests)
			if name == "too many requests" {
				assert.Equal(t, []time.Duration{7 * time.Second, 7 * time.Second, 7 * time.Second}, waits)
			} else {
				assert.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, waits)
			}
			for _, r := range requests.requests()[1:] {
				assert.Equal(t, requests.requests()[0].body, r.body)
			}
		})
	}
}

func TestTryingAgainComesToAnEnd(t *testing.T) {
	url, requests := endpointOf(t, func(w http.ResponseWriter, _ *asked) {
		sendJSON(w, http.StatusInternalServerError, map[string]any{"error": map[string]any{"message": "CUDA out of memory"}})
	})
	out, err := proposeTo(t, url, nil)
	require.EqualError(t, err, url+"/chat/completions answers with 500 Internal Server Error: CUDA out of memory, 4 times")
	assert.Len(t, requests.requests(), 4)
	assert.Equal(t, []string{"the question about POST /orders was not answered: " + err.Error()}, out.Failures)
}

// TestErrorsThatStayEndTheAsking has errors that the next question would meet too: each is told once, with the mend.
func TestErrorsThatStayEndTheAsking(t *testing.T) {
	refuse := func(status int, message, code string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			sendJSON(w, status, map[string]any{"error": map[string]any{"message": message, "code": code}})
		}
	}
	for name, tt := range map[string]struct {
		answer func(http.ResponseWriter)
		want   string
	}{
		"wrong key": {
			refuse(http.StatusUnauthorized, "Incorrect API key provided: "+testKey, "invalid_api_key"),
			"URL does not take the key (401 Unauthorized: Incorrect API key provided: [key]): see to the environment variable that has it",
		},
		"no such model": {
			refuse(http.StatusNotFound, "The model `x` does not exist", "model_not_found"),
			"there is no such API or model at URL (404 Not Found: The model `x` does not exist): see to the URL, which ends in /v1 with most, and the model's name",
		},
		"nothing left": {
			refuse(http.StatusTooManyRequests, "You exceeded your current quota", "insufficient_quota"),
			"the account at URL is used up (429 Too Many Requests: You exceeded your current quota)",
		},
		"much later": {func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "7200")
			w.WriteHeader(http.StatusTooManyRequests)
		}, "URL answers with 429 Too Many Requests, and asks to wait for 2h0m0s: try again then"},
		"a web page": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Write([]byte("<html>Welcome</html>"))
		}, "URL answers with text/html; charset=utf-8 instead of JSON: is that the URL of the API, such as https://api.openai.com/v1?"},
		"a stream": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.Write([]byte("data: {}\n\n"))
		}, "URL answers with text/event-stream instead of JSON: is that the URL of the API, such as https://api.openai.com/v1?"},
	} {
		t.Run(name, func(t *testing.T) {
			url, requests := endpointOf(t, func(w http.ResponseWriter, _ *asked) { tt.answer(w) })
			out, err := Propose(t.Context(), Schema{APIs: manyAPIs(30)}, proveOn(t, nil), settings(t, url))
			require.Error(t, err)
			assert.Equal(t, tt.want, strings.ReplaceAll(err.Error(), url+"/chat/completions", "URL"))
			assert.Len(t, requests.requests(), 1)
			require.Len(t, out.Failures, 2)
			assert.Regexp(t, `^\d+ questions were not asked, since others failed$`, out.Failures[0])
			assert.NotContains(t, strings.Join(out.Failures, " "), testKey)
		})
	}
}

func TestNothingIsSentWhereARedirectLeads(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		url, requests := endpointOf(t, func(w http.ResponseWriter, _ *asked) {
			w.Header().Set("Location", other.URL+"/v1/chat/completions?state=secret")
			w.WriteHeader(status)
		})
		_, err := proposeTo(t, url, nil)
		require.EqualError(t, err, url+"/chat/completions redirects to "+other.URL+
			"/v1/chat/completions, and nothing was sent there: give that URL if it is the right one")
		assert.Len(t, requests.requests(), 1)
	}
	assert.Zero(t, elsewhere.Load())
}

func TestASlowModelIsNotWaitedForForEver(t *testing.T) {
	release := make(chan struct{})
	url, requests := endpointOf(t, func(http.ResponseWriter, *asked) { <-release })
	defer close(release)
	out, err := proposeTo(t, url, func(s *Settings) { s.Timeout = 20 * time.Millisecond })
	require.EqualError(t, err, "the model gave no answer within 20ms: raise the timeout, or ask a faster one")
	assert.Len(t, requests.requests(), 1, "it would think as long once more")
	assert.Len(t, out.Failures, 1)
}

func TestTheContextEndsTheAsking(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	release := make(chan struct{})
	url, _ := endpointOf(t, func(http.ResponseWriter, *asked) {
		cancel()
		<-release
	})
	defer close(release)
	out, err := Propose(ctx, Schema{APIs: manyAPIs(30)}, proveOn(t, nil), settings(t, url))
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 1, out.Requests)

	// While it waits to try again, too.
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	url, _ = endpointOf(t, func(w http.ResponseWriter, _ *asked) { w.WriteHeader(http.StatusServiceUnavailable) })
	s := settings(t, url)
	s.pause = func(time.Duration) <-chan time.Time {
		cancel()
		return nil
	}
	_, err = Propose(ctx, one(), proveOn(t, nil), s)
	require.ErrorIs(t, err, context.Canceled)
}

func TestABrokenEndpointIsNotAskedAllQuestions(t *testing.T) {
	var count atomic.Int64
	url, requests := endpointOf(t, func(w http.ResponseWriter, _ *asked) {
		if count.Add(1) == 1 {
			says(w, rules())
			return
		}
		w.WriteHeader(http.StatusTeapot)
	})
	s := settings(t, url)
	s.Parallel = 1
	out, err := Propose(t.Context(), Schema{APIs: manyAPIs(100)}, proveOn(t, nil), s)
	require.EqualError(t, err, url+"/chat/completions answers with 418 I'm a teapot")
	assert.Len(t, requests.requests(), 1+mostFailures)
	assert.Len(t, out.Failures, 1+mostFailures)
}

func TestAFailedQuestionLeavesTheOthers(t *testing.T) {
	var count atomic.Int64
	url, _ := endpointOf(t, func(w http.ResponseWriter, _ *asked) {
		if count.Add(1) == 2 {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		good(w)
	})
	out, err := Propose(t.Context(), shop(), proveOn(t, usual()), settings(t, url))
	require.NoError(t, err)
	assert.Equal(t, []string{"req.body.price > 0"}, checks(out.Rules))
	assert.Equal(t, []string{"the question about POST /orders was not answered: " + url + "/chat/completions answers with 418 I'm a teapot"}, out.Failures)
}

// TestWhatAModelDoesNotTakeIsLeftOut has the complaints of models that think, and of servers without JSON mode.
func TestWhatAModelDoesNotTakeIsLeftOut(t *testing.T) {
	url, requests := endpointOf(t, func(w http.ResponseWriter, a *asked) {
		complain := func(message, parameter any) {
			sendJSON(w, http.StatusBadRequest, map[string]any{"error": map[string]any{"message": message, "param": parameter, "type": "invalid_request_error"}})
		}
		switch {
		case a.body.MaxTokens > 0:
			complain("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "max_tokens")
		case a.body.Temperature != nil:
			complain("Unsupported value: 'temperature' does not support 0 with this model.", nil)
		case a.body.ResponseFormat != nil:
			sendJSON(w, http.StatusBadRequest, map[string]any{"error": "'response_format.type' must be 'json_schema' or 'text'"})
		default:
			good(w)
		}
	})
	out, err := Propose(t.Context(), shop(), proveOn(t, usual()), settings(t, url))
	require.NoError(t, err)
	assert.Len(t, out.Rules, 1)
	require.Len(t, requests.requests(), 5, "the second question knows")
	assert.Equal(t, 8192, requests.requests()[4].body.MaxCompletionTokens)
}

func TestAComplaintThatStaysIsTold(t *testing.T) {
	url, requests := endpointOf(t, func(w http.ResponseWriter, _ *asked) {
		sendJSON(w, http.StatusBadRequest, map[string]any{"error": map[string]any{"message": "max_tokens is too large: 8192", "param": "max_tokens"}})
	})
	_, err := proposeTo(t, url, nil)
	require.EqualError(t, err, url+"/chat/completions answers with 400 Bad Request: max_tokens is too large: 8192")
	assert.Len(t, requests.requests(), 2)
}

func TestTheKeyGoesAlongOnlyWhereItShould(t *testing.T) {
	url, requests := endpointOf(t, func(w http.ResponseWriter, _ *asked) { good(w) })
	_, err := proposeTo(t, url, func(s *Settings) { s.KeyVariable = "" })
	require.NoError(t, err)
	assert.Empty(t, requests.requests()[0].headers.Values("Authorization"))

	url, _ = endpointOf(t, func(w http.ResponseWriter, _ *asked) { w.WriteHeader(http.StatusUnauthorized) })
	_, err = proposeTo(t, url, func(s *Settings) { s.KeyVariable = "" })
	require.EqualError(t, err, url+"/chat/completions asks for a key (401 Unauthorized): name the environment variable that has it")

	s := settings(t, "http://models.example.com/v1")
	_, err = Propose(t.Context(), one(), nil, s)
	require.EqualError(t, err, "the key for the language model would travel to models.example.com unencrypted: use https")
	s.AllowPlain = true
	_, err = newEndpoint(&s)
	assert.NoError(t, err)
}

func TestURLsOfOtherKindsOfEndpointsAreTaken(t *testing.T) {
	for given, want := range map[string]string{
		"https://api.openai.com/v1":                                  "https://api.openai.com/v1/chat/completions",
		" https://api.openai.com/v1/ ":                               "https://api.openai.com/v1/chat/completions",
		"https://a.example.com/v1/chat/completions#x":                "https://a.example.com/v1/chat/completions",
		"https://a.example.com/deployments/b?api-version=2025-01-01": "https://a.example.com/deployments/b/chat/completions?api-version=2025-01-01",
		"http://localhost:11434/v1":                                  "http://localhost:11434/v1/chat/completions",
		"http://[::1]:8080":                                          "http://[::1]:8080/chat/completions",
	} {
		s := settings(t, given)
		e, err := newEndpoint(&s)
		require.NoError(t, err, given)
		assert.Equal(t, want, e.url)
		assert.NotContains(t, e.shown, "api-version", "a query may have a key in it")
	}
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	for want, change := range map[string]func(*Settings){
		"the URL of the language model is missing: give that of its API, such as https://api.openai.com/v1": func(s *Settings) { s.URL = "" },
		"the URL of the language model has no https:// and host: write one such as https://api.openai.com/v1": func(s *Settings) {
			s.URL = "api.openai.com/v1"
		},
		"the URL of the language model cannot be read: write one such as https://api.openai.com/v1": func(s *Settings) { s.URL = "https://a b/" },
		"the URL of the language model has a user or password in it: put the key into an environment variable": func(s *Settings) {
			s.URL = "https://me:secret@example.com/v1"
		},
		"the name of the language model is missing: give one that the endpoint has": func(s *Settings) { s.Model = " " },
		"the environment variable SPANWARDEN_NO_KEY has no key for the language model: set it, or name none": func(s *Settings) {
			s.KeyVariable = "SPANWARDEN_NO_KEY"
		},
		"the environment variable SPANWARDEN_TWO_KEYS has more than one word: set it to the key alone": func(s *Settings) {
			t.Setenv("SPANWARDEN_TWO_KEYS", "sk-1\nsk-2")
			s.KeyVariable = "SPANWARDEN_TWO_KEYS"
		},
		"the timeout of the language model is -1s: use a value from 1ms to 1h":                           func(s *Settings) { s.Timeout = -time.Second },
		"there are 11 rounds with the language model: use 1 to 10":                                       func(s *Settings) { s.Rounds = 11 },
		"the language model is asked at most -1 questions: use at least 1":                               func(s *Settings) { s.MaxQuestions = -1 },
		"a question has at most 1000 bytes: use at least 24576, of which the rule language takes a part": func(s *Settings) { s.MaxPromptBytes = 1000 },
		"an answer has at most -1 tokens: use at least 1":                                                func(s *Settings) { s.MaxAnswerTokens = -1 },
		"65 questions are asked at a time: use 1 to 64":                                                  func(s *Settings) { s.Parallel = 65 },
		"rules with a share of 1 violations are near ones: use at most 0.5":                              func(s *Settings) { s.Near = 1 },
	} {
		s := settings(t, "https://example.com/v1")
		change(&s)
		out, err := Propose(t.Context(), one(), nil, s)
		assert.EqualError(t, err, want)
		assert.Nil(t, out)
	}
}

func TestWhatAnAnswerTookIsCounted(t *testing.T) {
	for name, tt := range map[string]struct {
		usage      any
		prompt     int
		unmetered  int
		cost       float64
		completion int
	}{
		"told with its cost":  {map[string]any{"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.25}, 10, 0, 0.25, 5},
		"without cost":        {map[string]any{"prompt_tokens": 10, "completion_tokens": 5}, 10, 0, 10e-6 + 10e-6, 5},
		"not told":            {nil, 0, 1, 0, 0},
		"what makes no sense": {map[string]any{"prompt_tokens": -10, "completion_tokens": 1e300, "cost": -1}, 0, 0, 0, 0},
	} {
		url, _ := endpointOf(t, func(w http.ResponseWriter, _ *asked) {
			sendJSON(w, http.StatusOK, map[string]any{
				"choices": []any{map[string]any{"message": map[string]any{"content": `{"rules": []}`}}}, "usage": tt.usage,
			})
		})
		out, err := proposeTo(t, url, func(s *Settings) { s.Prices = Prices{Prompt: 1, Completion: 2} })
		require.NoError(t, err, name)
		assert.Equal(t, []int{tt.prompt, tt.completion, tt.unmetered}, []int{out.PromptTokens, out.CompletionTokens, out.Unmetered}, name)
		assert.InDelta(t, tt.cost, out.Cost, 1e-12, name)
	}
}
