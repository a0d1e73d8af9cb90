package document

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// bodies are 256 texts of 60 to 700 bytes, as a shop's calls carry them: no two
// the same, in four shapes.
func bodies() (texts []string, bytes int64) {
	for i := range 256 {
		var text string
		switch i % 4 {
		case 0:
			text = fmt.Sprintf(`{"email":"user%d@example.com","password":"p\"w%d","remember":%t}`, i, i*7919, i%3 == 0)
		case 1:
			text = fmt.Sprintf(`{"accountId":"4d2a46c7-71cb-4cf1-b5bb-b68406d9d%03x","from":"Shang Hai","to":"Su Zhou",`+
				`"seatType":%d,"price":%d.%02d,"handleDate":"2026-03-%02d","assurance":null}`, i, i%5, i, i%100, i%28+1)
		case 2:
			var items []string
			for j := range 1 + i%8 {
				items = append(items, fmt.Sprintf(`{"sku":"A-%05d","name":"Größe %d","quantity":%d,"price":%d.5}`, i*31+j, j, j+1, i+j))
			}
			text = fmt.Sprintf(`{"order":%d,"items":[%s],"total":%d.25,"currency":"EUR"}`, int64(i)<<40, strings.Join(items, ","), i*3)
		case 3:
			text = fmt.Sprintf("{\n  \"query\": \"query Q%d { user(id: %d) { name } }\",\n  \"variables\": {\n    \"id\": %d,\n    \"flags\": [true, false, %d]\n  }\n}", i, i, -i, i)
		}
		texts = append(texts, text)
		bytes += int64(len(text))
	}
	return texts, bytes / 256
}

// mixedForms are 256 forms, a few with repeated names and escapes.
func mixedForms() (texts []string, bytes int64) {
	for i := range 256 {
		text := fmt.Sprintf("page=%d&size=20&sort=name&q=red+shoes%%20%d&brand=%d", i, i, i%7)
		if i%4 == 0 {
			text += fmt.Sprintf("&tag=a%d&tag=b&tag=c", i)
		}
		texts = append(texts, text)
		bytes += int64(len(text))
	}
	return texts, bytes / 256
}

func BenchmarkJSON(b *testing.B) {
	texts, bytes := bodies()
	b.Run("document", func(b *testing.B) {
		var d Document
		b.ReportAllocs()
		b.SetBytes(bytes)
		for i := 0; b.Loop(); i++ {
			if err := d.JSON(texts[i%len(texts)], DefaultLimits); err != nil {
				b.Fatal(err)
			}
		}
	})
	raw := make([][]byte, len(texts))
	for i := range texts {
		raw[i] = []byte(texts[i])
	}
	b.Run("json.Valid", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(bytes)
		for i := 0; b.Loop(); i++ {
			if !json.Valid(raw[i%len(raw)]) {
				b.Fatal("not JSON")
			}
		}
	})
	b.Run("json.Unmarshal", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(bytes)
		for i := 0; b.Loop(); i++ {
			var v any
			if err := json.Unmarshal(raw[i%len(raw)], &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkForm(b *testing.B) {
	texts, bytes := mixedForms()
	b.Run("document", func(b *testing.B) {
		var d Document
		b.ReportAllocs()
		b.SetBytes(bytes)
		for i := 0; b.Loop(); i++ {
			if err := d.Form(texts[i%len(texts)], DefaultLimits); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("url.ParseQuery", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(bytes)
		for i := 0; b.Loop(); i++ {
			if _, err := url.ParseQuery(texts[i%len(texts)]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkField(b *testing.B) {
	texts, _ := bodies()
	documents := make([]Document, len(texts))
	for i := range texts {
		if err := documents[i].JSON(texts[i], DefaultLimits); err != nil {
			b.Fatal(err)
		}
	}
	names := []string{"accountId", "items", "variables", "email", "missing"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		n, _ := documents[i%len(documents)].Root().Field(names[i%len(names)])
		_ = n.Text()
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	texts, bytes := bodies()
	documents := make([]Document, len(texts))
	for i := range texts {
		if err := documents[i].JSON(texts[i], DefaultLimits); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.SetBytes(bytes)
	var dst []byte
	for i := 0; b.Loop(); i++ {
		dst = documents[i%len(documents)].Root().AppendJSON(dst[:0], 1024)
	}
}

// BenchmarkHostile reads what an attacker may send, each at the default limits.
func BenchmarkHostile(b *testing.B) {
	var d Document
	for name, text := range hostile(DefaultLimits.Bytes) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				_ = d.JSON(text, DefaultLimits)
				_ = d.Form(text, DefaultLimits)
			}
		})
	}
}

// hostile are texts of about this many bytes that are dear to read.
func hostile(bytes int) map[string]string {
	fill := func(begin, repeated, end string) string {
		return begin + strings.Repeat(repeated, max(0, bytes-len(begin)-len(end))/len(repeated)) + end
	}
	var names strings.Builder
	for i := 0; names.Len() < bytes-16; i++ {
		fmt.Fprintf(&names, `,"%x":0`, i)
	}
	return map[string]string{
		"nested":           fill("", "[", ""),
		"nested_to_limit":  fill("[", strings.Repeat("[", 63)+strings.Repeat("]", 63)+",", "0]"),
		"numbers":          fill("[", "0,", "0]"),
		"one_name":         fill("{", `"a":0,`, `"a":1}`),
		"empty_names":      fill("{", `"":0,`, `"":1}`),
		"many_names":       "{" + names.String()[1:] + "}",
		"escapes":          fill(`"`, `\u00ff`, `"`),
		"lone_surrogates":  fill(`"`, `\ud800`, `"`),
		"broken_utf8":      fill(`"`, "\xff", `"`),
		"one_long_integer": fill("", "9", ""),
		"one_long_double":  fill("0.", "0", "1e70000"),
		"overflows":        fill("[", "1e309,", "0]"),
		"zeros_exponent":   fill("[", "0e999999,", "0]"),
		"white_space":      fill("", " ", "1"),
		"open_string":      fill(`"`, "a", ""),
		"parameters":       fill("", "a&", ""),
		"percents":         fill("", "%", ""),
		"percent_ff":       fill("a=", "%ff", ""),
		"ampersands":       fill("", "&", ""),
	}
}
