package anomaly

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestClean(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"untouched":        {"/orders/{id}", "/orders/{id}"},
		"empty":            {"", ""},
		"other scripts":    {"/köln/注文", "/köln/注文"},
		"log injection":    {"/a\r\nlevel=info msg=fine", "/a  level=info msg=fine"},
		"terminal escape":  {"/\x1b[2Jgone", "/ [2Jgone"},
		"NUL":              {"a\x00b", "a b"},
		"text direction":   {"/safe\u202egnp.exe", "/safe gnp.exe"},
		"invisible":        {"pay\u200bpal", "pay pal"},
		"line separator":   {"a\u2028b", "a b"},
		"invalid UTF-8":    {"/a\xff\xfeb", "/a\ufffd\ufffdb"},
		"cut":              {strings.Repeat("x", 40), strings.Repeat("x", 32)},
		"cut at a rune":    {strings.Repeat("x", 31) + "é", strings.Repeat("x", 31)},
		"cut after a mend": {"\n" + strings.Repeat("é", 40), " " + strings.Repeat("é", 15)},
		"grows by mending": {strings.Repeat("\xff", 40), strings.Repeat("\ufffd", 10)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, Clean(tt.in, 32)) })
	}
}

func FuzzClean(f *testing.F) {
	f.Add("/orders/{id}", 8)
	f.Add("/a\r\nb\xff\u202e", 5)
	f.Add("é", 1)
	f.Add("", 0)
	f.Fuzz(func(t *testing.T, in string, limit int) {
		limit = max(0, limit)
		out := Clean(in, limit)
		switch {
		case len(out) > limit:
			t.Errorf("%d bytes exceed %d", len(out), limit)
		case !utf8.ValidString(out):
			t.Errorf("%q is not UTF-8", out)
		case strings.ContainsFunc(out, func(r rune) bool { return !unicode.IsPrint(r) }):
			t.Errorf("%q does not print", out)
		case Clean(out, limit) != out:
			t.Errorf("%q cleans to %q", out, Clean(out, limit))
		}
	})
}

func TestCleanOfCleanTextAllocatesNothing(t *testing.T) {
	route := "/api/v1/orders/{id}"
	assert.Zero(t, testing.AllocsPerRun(100, func() { Clean(route, maxName) }))
}
