package proposer

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnswersAreFoundInWhatModelsWriteAroundThem(t *testing.T) {
	const answer = `{"rules": [{"api": "GET /a", "check": "resp.status < 500"}]}`
	for name, text := range map[string]string{
		"alone":                 answer,
		"with blanks":           "\n\n  " + answer + "\n",
		"fenced":                "```json\n" + answer + "\n```",
		"fenced without a word": "```\n" + answer + "\n```\n",
		"in prose":              "Here are the rules for GET /orders/{id} and {name}:\n\n" + answer + "\n\nTell me if you need {more}.",
		"thought about":         "<think>I could say {\"rules\": [1, 2]} or {\"rules\": [</think>" + answer,
		"a draft before":        `{"rules": []} No, better: ` + answer,
		"with other keys":       `{"thoughts": "…", "rules": [{"api": "GET /a", "check": "resp.status < 500"}], "n": 1}`,
		"with a BOM":            "\uFEFF" + answer,
	} {
		rules, err := readAnswer(text)
		require.NoError(t, err, name)
		require.Len(t, rules, 1, name)
		assert.JSONEq(t, `{"api": "GET /a", "check": "resp.status < 500"}`, string(rules[0]), name)
	}
}

func TestAnswersThatAreNoneSayWhy(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "has no JSON object in it",
		"I cannot think of any.":           "has no JSON object in it",
		`<think>{"rules": []}</think> No.`: "has no JSON object in it",
		`[{"api": "GET /a"}]`:              `has no "rules" in its JSON object`,
		`{"invariants": []}`:               `has no "rules" in its JSON object`,
		`{"rules": {"api": "GET /a"}}`:     `has "rules" that are no list`,
		`{"rules": "none"}`:                `has "rules" that are no list`,
		`{"rules": [{"api": "GET /a"}, {`:  "has JSON that is not complete",
		`{"rules": [{'api': 'GET /a'}]}`:   `has JSON that cannot be read: invalid character '\'' looking for beginning of object key string`,
		`{rules: []}`:                      `has JSON that cannot be read: invalid character 'r' looking for beginning of object key string`,
		`{"rules": [{"api": "GET /a" // x`: `has JSON that cannot be read: invalid character '/' after object key:value pair`,
		strings.Repeat(`{"a":`, 20_000):    `has JSON that cannot be read: invalid character '{' exceeded max depth`,
	} {
		rules, err := readAnswer(text)
		require.Error(t, err, text)
		assert.Equal(t, want, err.Error(), clip(text, 100))
		assert.Nil(t, rules)
	}
}

func TestNoRulesAreAnAnswer(t *testing.T) {
	for _, text := range []string{`{"rules": []}`, `{"rules": null}`} {
		rules, err := readAnswer(text)
		require.NoError(t, err)
		assert.Equal(t, []json.RawMessage{}, rules)
	}
}

// completion is the answer of an endpoint with one choice.
func completion(finish string, message map[string]any) map[string]any {
	return map[string]any{"choices": []any{map[string]any{"finish_reason": finish, "message": message}}}
}

// TestAnswersThatCannotBeReadAreAskedForAgain has a good answer once the model is told.
func TestAnswersThatCannotBeReadAreAskedForAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		answer any
		told   string
	}{
		"prose":      {completion("stop", map[string]any{"content": "Sure!"}), "Your last answer has no JSON object in it. Answer with one"},
		"cut off":    {completion("length", map[string]any{"content": `{"rules": [`}), "was cut off at 8192 tokens: propose fewer rules"},
		"no choices": {map[string]any{"choices": []any{}}, "is empty: it has no choices"},
		"no content": {completion("stop", map[string]any{"content": nil}), "Your last answer is empty."},
		"a tool":     {completion("tool_calls", map[string]any{"tool_calls": []any{map[string]any{"id": "1"}}}), "Your last answer is empty."},
		"gigantic":   {completion("stop", map[string]any{"content": strings.Repeat("x", 2<<20)}), "has more than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			url, requests := endpointOf(t, func(w http.ResponseWriter, a *asked) {
				if strings.Contains(a.last(), tt.told) {
					good(w)
					return
				}
				sendJSON(w, http.StatusOK, tt.answer)
			})
			out, err := proposeTo(t, url, nil)
			require.NoError(t, err)
			assert.Equal(t, []string{"req.body.price > 0"}, checks(out.Rules))
			assert.Equal(t, 2, out.Rules[0].Support["rounds"])
			assert.Empty(t, out.Failures)
			require.Len(t, requests.requests(), 2)
			assert.Len(t, requests.requests()[1].body.Messages, 2, "what cannot be read does not go back")
			assert.Less(t, requests.requests()[1].length, 24<<10)
		})
	}
}

func TestAnEndlessAnswerIsNotReadToItsEnd(t *testing.T) {
	var sent atomic.Int64
	url, _ := endpointOf(t, func(w http.ResponseWriter, _ *asked) {
		w.Header().Set("Content-Type", "application/json")
		piece := make([]byte, 64<<10)
		for sent.Load() < 256<<20 {
			n, err := w.Write(piece)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	out, err := proposeTo(t, url, func(s *Settings) { s.Rounds = 1 })
	require.NoError(t, err)
	assert.Equal(t, []string{"the question about POST /orders was not answered: the answer has more than 1 MiB: propose at most 30 rules"}, out.Failures)
	assert.Less(t, sent.Load(), int64(64<<20), "what the network holds on the way counts as sent")
}

func TestAnswersThatStayUnreadableAreToldInTheEnd(t *testing.T) {
	url, requests := endpointOf(t, func(w http.ResponseWriter, _ *asked) { says(w, "no") })
	out, err := proposeTo(t, url, nil)
	require.NoError(t, err)
	assert.Len(t, requests.requests(), 3)
	assert.Equal(t, []string{"the question about POST /orders was not answered: the answer has no JSON object in it"}, out.Failures)
}

func TestARefusalIsNotArguedWith(t *testing.T) {
	for name, tt := range map[string]struct {
		answer any
		want   string
	}{
		"said":     {completion("stop", map[string]any{"content": nil, "refusal": "I can't help\x1b[31m with that."}), ": I can't help[31m with that."},
		"filtered": {completion("content_filter", map[string]any{"content": "{"}), ": its content filter ended the answer"},
	} {
		url, requests := endpointOf(t, func(w http.ResponseWriter, _ *asked) { sendJSON(w, http.StatusOK, tt.answer) })
		out, err := proposeTo(t, url, nil)
		require.NoError(t, err, name)
		assert.Len(t, requests.requests(), 1)
		assert.Equal(t, []string{"the question about POST /orders was not answered: the model refuses to answer" + tt.want}, out.Failures)
	}
}

func TestAnswersOfAnotherKindOfServerAreTold(t *testing.T) {
	for answer, want := range map[string]string{
		`{"error": {"message": "model is loading"}}`: "the endpoint answers with an error: model is loading",
		`[1, 2]`: "the endpoint's answer is no JSON of a chat completion: json: cannot unmarshal array into Go value of type proposer.chatResponse",
		`{"choices": [{"message": {"content": [{"type": "text"}]}}]}`: "the endpoint's answer is no JSON of a chat completion: json: cannot unmarshal array into Go struct field .choices.message.content of type string",
		`{"choices": `: "the endpoint's answer is no JSON of a chat completion: unexpected end of JSON input",
	} {
		url, _ := endpointOf(t, func(w http.ResponseWriter, _ *asked) {
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(answer))
		})
		_, err := proposeTo(t, url, nil)
		assert.EqualError(t, err, want)
	}
}
