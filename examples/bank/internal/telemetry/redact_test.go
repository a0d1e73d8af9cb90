package telemetry

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestRedact(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"nothing to hide", `{"a": [1, "password"]}`, `{"a": [1, "password"]}`},
		{"a text", `{"username":"u","password":"p"}`, `{"username":"u","password":"***"}`},
		{"spaces stay", "{ \"token\" :\n\t\"p\" }", "{ \"token\" :\n\t\"***\" }"},
		{"a number", `{"code":123456,"a":1}`, `{"code":"***","a":1}`},
		{"an object", `{"code":{"a":["}",{}]},"b":2}`, `{"code":"***","b":2}`},
		{"an array", `{"code":["]",[1]],"b":2}`, `{"code":"***","b":2}`},
		{"null", `[{"code":null}]`, `[{"code":"***"}]`},
		{"at depth", `{"a":[{"b":{"password":"p"}}]}`, `{"a":[{"b":{"password":"***"}}]}`},
		{"quotes in it", `{"password":"p\"q\\","a":"b"}`, `{"password":"***","a":"b"}`},
		{"case does not matter", `{"Password":"p","TOKEN":"t"}`, `{"Password":"***","TOKEN":"***"}`},
		{"nor how it is written", `{"p\u0061ssword":"p"}`, `{"p\u0061ssword":"***"}`},
		{"as Go's decoder sees it", `{"pa\u017fſword":"p","to` + "\u212a" + `en":"t"}`, `{"pa\u017fſword":"***","to` + "\u212a" + `en":"***"}`},
		{"another key", `{"zipcode":"89073","code_of_honour":"x"}`, `{"zipcode":"89073","code_of_honour":"x"}`},
		{"of a valid document, texts are left", `{"note":"password: x"}`, `{"note":"password: x"}`},
		{"a text alone", `"password"`, `"password"`},
		{"cut in the value", `{"a":1,"password":"corr`, `{"a":1,"password":"***"`},
		{"cut after a backslash", `{"password":"corr\`, `{"password":"***"`},
		{"cut in a number", `{"code":12`, `{"code":"***"`},
		{"cut in an object", `{"code":{"a":"b`, `{"code":"***"`},
		{"cut in the key", `{"passw`, `{"passw`},
		{"cut after the key", `{"password"`, `{"password"`},
		{"cut after the colon", `{"password": `, `{"password": "***"`},
		{"text after it", `{"password":"p"} {"token":"t"} x`, `{"password":"***"} {"token":"***"} x`},
		{"a comma too many", `{"password":"p",}`, `{"password":"***",}`},
		{"a comma too few", `{"a":1 "password":"p"}`, `{"a":1 "password":"***"}`},
		{"a stray quote", `{"a":"x"y","password":"pp","b":1}`, `{"a":"x"y","password":"***","b":1}`},
		{"single quotes", `{'password':'p p'}`, `{'password':"***"}`},
		{"no quotes", `{password: pp}`, `{password: "***"}`},
		{"JSON within a text, cut", `{"log":"{\"password\":\"pp\",\"a`, `{"log":"{\"password\":"***"`},
		{"a form", `user=u&password=pp&code=12`, `user=u&password="***"&code="***"`},
		{"prose", `the code: 123456, thanks`, `the code: "***", thanks`},
		{"not UTF-8", "{\"a\":\"\xff\"}", "{\"a\":\"\uFFFD\"}"},
		{"empty", ``, ``},
	} {
		t.Run(test.name, func(t *testing.T) { assert.Equal(t, test.want, redact([]byte(test.in))) })
	}
}

// mark is a letter that the documents drawn below have in their secrets only.
const mark = "§"

// document draws a JSON document, written with spaces here and there.
func document(t *rapid.T, depth int, within string) string {
	space := func() string { return rapid.SampledFrom([]string{"", "", " ", "\n\t"}).Draw(t, "space") }
	text := func() string {
		letters := []string{"a", "password", `\"`, `\\`, `\u0041`, "{", "}", "[", "]", ",", ":", " ", "ü", within}
		return `"` + strings.Join(rapid.SliceOfN(rapid.SampledFrom(letters), 0, 5).Draw(t, "text"), "") + within + `"`
	}
	kind := rapid.IntRange(0, 4).Draw(t, "kind")
	if depth == 0 {
		kind %= 3
	}
	var b strings.Builder
	b.WriteString(space())
	switch kind {
	case 0, 1:
		b.WriteString(text())
	case 2:
		b.WriteString(rapid.SampledFrom([]string{"null", "true", "-1.5e3", "0"}).Draw(t, "scalar"))
	case 3:
		b.WriteString("[")
		for i := range rapid.IntRange(0, 3).Draw(t, "items") {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString(document(t, depth-1, within))
		}
		b.WriteString("]")
	case 4:
		b.WriteString("{")
		for i := range rapid.IntRange(0, 4).Draw(t, "members") {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString(space())
			if rapid.Bool().Draw(t, "secret") {
				b.WriteString(rapid.SampledFrom([]string{`"password"`, `"token"`, `"code"`, `"Code"`, `"t\u006fken"`}).Draw(t, "key"))
				b.WriteString(space() + ":" + document(t, depth-1, mark))
			} else {
				b.WriteString(text() + space() + ":" + document(t, depth-1, within))
			}
		}
		b.WriteString("}")
	}
	return b.String() + space()
}

func TestNoSecretIsLeftWhereverTheTextIsCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := document(t, 3, "")
		if !json.Valid([]byte(text)) {
			t.Fatalf("the test draws what is not JSON: %s", text)
		}
		for cut := range len(text) + 1 {
			got := redact([]byte(text[:cut]))
			// The mark has two bytes, and a cut between them leaves one, which is replaced.
			if strings.Contains(got, mark) {
				t.Fatalf("%q is left of %q", got, text[:cut])
			}
		}
	})
}

// censored is what redaction means: the document with the values of secret keys replaced.
func censored(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = censored(inner)
			if slices.ContainsFunc(secretKeys(), func(name string) bool { return strings.EqualFold(name, key) }) {
				v[key] = "***"
			}
		}
	case []any:
		for i := range v {
			v[i] = censored(v[i])
		}
	}
	return value
}

func checkRedact(t require.TestingT, body []byte) {
	got := redact(body)
	require.True(t, utf8.ValidString(got), "%q", got)
	var want, have any
	if json.Unmarshal(body, &want) != nil {
		return // no JSON, or a number that does not fit
	}
	require.NoError(t, json.Unmarshal(redactKeys(body), &have))
	require.Equal(t, censored(want), have)
	require.True(t, json.Valid([]byte(got)), "%s", got)
	require.Equal(t, got, redact([]byte(got)), "once is enough")
}

func TestDocumentsStayWhatTheyAreOtherwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkRedact(t, []byte(document(t, 4, ""))) })
}

func FuzzRedact(f *testing.F) {
	for _, seed := range []string{
		`{"password":"p","a":[{"code":1}]}`, `{"token":{"a":"}"}}`, `["password",{"x":"y"}]`, `{"pa\u017fsword":"\\"}`, `{"password":"corr\`,
		`password=x&code="y\`, "{\"code\":\"\xff\"}", `{"a":1e999}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		checkRedact(t, body)
	})
}

// planted returns the value with the mark in all texts below secret keys, and nowhere else.
func planted(value any, within string) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			key = strings.ReplaceAll(key, mark, "")
			if secret([]byte(`"` + key + `"`)) {
				out[key] = planted(inner, mark)
			} else {
				out[key] = planted(inner, within)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = planted(v[i], within)
		}
		return out
	case string:
		return within + strings.ReplaceAll(v, mark, "") + within
	default:
		return v
	}
}

func FuzzRedactCut(f *testing.F) {
	f.Add([]byte(`{"password":"p","a":[{"code":["x"]}],"token":{"a":{"b":"}"}}}`), uint(30))
	f.Add([]byte(`[{"a":"\"password\":"},{"Token":"\\"}]`), uint(60))
	f.Fuzz(func(t *testing.T, body []byte, cut uint) {
		var v any
		if json.Unmarshal(body, &v) != nil {
			return
		}
		text, err := json.Marshal(planted(v, ""))
		require.NoError(t, err)
		text = text[:cut%uint(len(text)+1)]
		require.NotContains(t, redact(text), mark, "%s", text)
	})
}

func BenchmarkRedact(b *testing.B) {
	entry := `{"id":1,"text":"Transfer to 1003","amount":-1250,"bookedAt":"2025-03-01T12:00:00Z"},`
	whole := []byte(`{"entries":[` + strings.Repeat(entry, 40) + `{}]}`)
	for name, body := range map[string][]byte{"whole": whole, "cut": whole[:maxBody-1000]} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				redact(body)
			}
		})
	}
}
