package document

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFormsAreObjectsOfTexts(t *testing.T) {
	for text, want := range map[string]string{
		"":                              `{}`,
		"&&":                            `{}`,
		"a=1&b=&a=2":                    `{"a":["1","2"],"b":""}`,
		"a=1&a=2&b&a=3&b=":              `{"a":["1","2","3"],"b":["",""]}`,
		"a":                             `{"a":""}`,
		"=1":                            `{"":"1"}`,
		"=":                             `{"":""}`,
		"a=b=c":                         `{"a":"b=c"}`,
		"a=1;b=2":                       `{"a":"1;b=2"}`,
		"q=red+shoes%2Bblue":            `{"q":"red shoes+blue"}`,
		"%61=1&a=%c3%bc&a=%FC":          `{"a":["1","ü","` + "�" + `"]}`,
		"a=%&b=%4&c=%zz&d=%4%41&e=%%41": `{"a":"%","b":"%4","c":"%zz","d":"%4A","e":"%A"}`,
		"a=\xff%ffü":                    `{"a":"` + "��ü" + `"}`,
		"a[]=1&a[]=2":                   `{"a[]":["1","2"]}`,
		"a%00=%0a%22":                   `{"a\u0000":"\n\""}`,
		"a%3D1%26b=2":                   `{"a=1&b":"2"}`,
		"\uFEFFa=1":                     "{\"\uFEFFa\":\"1\"}",
		"a=%f0%9f%99%82":                `{"a":"🙂"}`,
	} {
		d := Document{}
		require.NoError(t, d.Form(text, Limits{}), "%q", text)
		assert.Equal(t, want, string(d.Root().AppendJSON(nil, 1000)), "%q", text)
		checkForm(t, text)
	}
}

func TestFormsAreReadAsByTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.SampledFrom([]string{"a", "b", "", "ü", "a b"}), rapid.StringN(0, 3, -1),
			rapid.Map(rapid.IntRange(0, 30), func(i int) string { return fmt.Sprint(i) }))
		var pairs []string
		for range rapid.IntRange(0, 60).Draw(t, "count") {
			pair := url.QueryEscape(name.Draw(t, "name"))
			if rapid.IntRange(0, 9).Draw(t, "equals") > 0 {
				pair += "=" + url.QueryEscape(rapid.String().Draw(t, "value"))
			}
			pairs = append(pairs, pair)
		}
		text := strings.Join(pairs, "&")
		values, err := url.ParseQuery(text)
		require.NoError(t, err)

		var d Document
		require.NoError(t, d.Form(text, wide))
		require.Equal(t, len(values), d.Root().Len())
		for name, want := range values {
			n, ok := d.Root().Field(name)
			require.True(t, ok)
			got := []string{n.Text()}
			if n.Kind() == List {
				got = nil
				for i := range n.Len() {
					got = append(got, n.Item(i).Text())
				}
			}
			require.Equal(t, want, got)
		}
		checkForm(t, text)
	})
}

func TestOddFormsAreReadAsWritten(t *testing.T) {
	part := rapid.SampledFrom([]string{"a", "b", "&", "&", "=", "=", "%", "%4", "%41", "%C3%BC", "%ff", "\xff", "+", ";", "ü"})
	rapid.Check(t, func(t *rapid.T) {
		checkForm(t, strings.Join(rapid.SliceOf(part).Draw(t, "parts"), ""))
	})
}

func FuzzForm(f *testing.F) {
	texts, _ := mixedForms()
	for _, text := range texts[:8] {
		f.Add(text)
	}
	for _, text := range hostile(100) {
		f.Add(text)
	}
	f.Add("a=1&b=&a=2&%61=%&=;&%ff=\xff+%C3%bc")
	f.Fuzz(func(t *testing.T, text string) { checkForm(t, text) })
}
