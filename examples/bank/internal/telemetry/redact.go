package telemetry

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

const redacted = `"***"`

// secretKeys are the JSON keys whose values are not recorded.
func secretKeys() []string { return []string{"password", "token", "code"} }

// loose finds a secret by its name in what is not JSON, or not wholly: as in password=..., or after a stray quote.
var loose = regexp.MustCompile(`(?is)(\b(?:password|token|code)\b\\?["']?\s*[:=]\s*)` +
	`(?:\\?"(?:[^"\\]|\\.)*(?:"|\\?$)|'[^']*'?|[\[{].*|[^\s,;&}\]]+)`)

// redact returns the text of a body with "***" in place of the secrets, as valid UTF-8. JSON stays as it was written
// otherwise, and stays JSON. Nothing of a secret is left either when the text is only the beginning of a document.
func redact(body []byte) string {
	text := body
	if named(body) || bytes.Contains(body, []byte(`\u`)) { // as a name may be written too
		text = redactKeys(body)
	}
	if named(text) && !json.Valid(body) {
		text = loose.ReplaceAll(text, []byte("${1}"+redacted))
	}
	return string(bytes.ToValidUTF8(text, []byte("\uFFFD")))
}

// named tells whether the text contains the name of a secret at all, much faster than loose finds out.
func named(text []byte) bool {
	folded := bytes.ToLower(bytes.ToUpper(text)) // there and back, as there are two capitals and small letters of some
	return slices.ContainsFunc(secretKeys(), func(name string) bool { return bytes.Contains(folded, []byte(name)) })
}

// redactKeys replaces the values of secret keys. It goes through the text from string to string and needs no more than
// that to know a key: a string that a colon follows.
func redactKeys(text []byte) []byte {
	var out []byte
	done := 0
	for i := 0; i < len(text); {
		if text[i] != '"' {
			i++
			continue
		}
		end := stringEnd(text, i)
		colon := skipSpace(text, end)
		if colon == len(text) || text[colon] != ':' || !secret(text[i:end]) {
			i = end
			continue
		}
		begin := skipSpace(text, colon+1)
		i = valueEnd(text, begin)
		out = append(append(out, text[done:begin]...), redacted...)
		done = i
	}
	return append(out, text[done:]...)
}

// secret tells whether a key, in its quotes, is one of the secret ones for a decoder that does not mind the case, as Go's.
func secret(quoted []byte) bool {
	key := bytes.Trim(quoted, `"`)
	if bytes.ContainsRune(key, '\\') {
		var plain string
		if json.Unmarshal(quoted, &plain) != nil {
			return false // no decoder gets a secret out of it
		}
		key = []byte(plain)
	}
	return slices.ContainsFunc(secretKeys(), func(name string) bool { return bytes.EqualFold([]byte(name), key) })
}

// stringEnd returns where the string that begins at i ends: after its closing quote, or with the text.
func stringEnd(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// valueEnd returns where the value that begins at i ends, or the text.
func valueEnd(text []byte, i int) int {
	depth := 0
	for i < len(text) {
		switch text[i] {
		case '"':
			i = stringEnd(text, i)
			if depth == 0 {
				return i
			}
			continue
		case '[', '{':
			depth++
		case ']', '}':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return len(text)
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
		i++
	}
	return i
}
