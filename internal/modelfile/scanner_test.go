package modelfile

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var scannerCases = []string{
	"", " ", "0", "-0", "-", "01", "1.", ".5", "1.5e", "1e+", "1E-07", "+1", "1e5", "0x1", "1_000", "Infinity", "nan",
	"true", "false", "null", "nul", "truefalse", `""`, `"a`, `"\"`, `"\""`, `"\u00e9"`, `"\u12"`, `"\x"`, "\"\n\"", "\"\x7f\"",
	"[]", "[1]", "[1,]", "[,1]", "[1 2]", "[1,2", "]", "[[[]]]", "{}", `{"a":1}`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{a:1}`,
	`{"a":1 "b":2}`, `{"a":[{"b":null}],"c":-1.5e300}`, "[1]x", "\ufeff{}", "\v[]", "[1]\x00", "\x00",
}

// agrees compares with encoding/json.
func agrees(t *testing.T, text string) {
	t.Helper()
	s := scanner{text: []byte(text)}
	raw, err := s.value()
	if err == nil {
		err = s.end()
	}
	if !utf8.ValidString(text) {
		assert.False(t, err == nil && !json.Valid([]byte(text)), "%q", text)
		return // encoding/json mends it
	}
	require.Equal(t, json.Valid([]byte(text)), err == nil, "%q: %v", text, err)
	if err == nil {
		require.True(t, json.Valid(raw))
	}
}

func TestScannerAgreesWithEncodingJSON(t *testing.T) {
	for _, text := range scannerCases {
		agrees(t, text)
	}
}

func FuzzScanner(f *testing.F) {
	for _, text := range scannerCases {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxNesting { // more may be too deep for us
			t.Skip()
		}
		agrees(t, text)
	})
}
