package apicall

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"pgregory.net/rapid"
)

// parametersOf collects the parameters as "key=value", in the order of the calls.
func parametersOf(m pcommon.Map) (list []string, exact bool) {
	exact = Parameters(m, func(key, value string) {
		list = append(list, strings.Clone(key)+"="+strings.Clone(value))
	})
	return list, exact
}

func TestParametersOfAttributes(t *testing.T) {
	list := []any{"a", 7, 8.0, true, nil, 0.5, []byte("b"), []any{1, "c"}}
	elements := []string{"0=a", "1=7", "2=8", "3=true", "4=", "5=0.5", "6=b", `7=[1,"c"]`}
	tests := []struct {
		name  string
		attrs attrs
		want  []string
	}{
		{"none", attrs{"db.query.text": "SELECT 1"}, nil},
		{"by index", attrs{"db.query.parameter.0": "7"}, []string{"0=7"}},
		{"by name", attrs{"db.query.parameter.user.id": 7}, []string{"user.id=7"}},
		{"a name that is empty", attrs{"db.query.parameter.": "7", "db.query.parameter": "8"}, nil},
		{"empty text", attrs{"db.query.parameter.a": ""}, []string{"a="}},
		{"stable name first", attrs{"db.query.parameter.a": "1", "db.statement.parameters": "[2]", "pgx.query.parameters": list}, []string{"a=1"}},
		{"Python's before others", attrs{"db.statement.parameters": "(2,)", "pgx.query.parameters": list}, []string{"0=2"}},
		{"an empty list and a full one", attrs{"db.statement.parameters": "()", "db.postgresql.values": []any{}, "pgx.query.parameters": []any{1}}, []string{"0=1"}},
		{"statement, array", attrs{"db.statement.parameters": list}, elements},
		{"statement, map", attrs{"db.statement.parameters": map[string]any{"a": 7}}, []string{"a=7"}},
		{"Node.js, array", attrs{"db.postgresql.values": list}, elements},
		{"Node.js, text", attrs{"db.postgresql.values": `["a",7]`}, []string{"0=a", "1=7"}},
		{"pgx, array", attrs{"pgx.query.parameters": list}, elements},
		{"a number", attrs{"pgx.query.parameters": 7}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, exact := parametersOf(serverSpan(t, tt.attrs).Attributes())
			assert.Equal(t, tt.want, got)
			assert.True(t, exact)
		})
	}
}

var parameterTexts = []struct {
	text  string
	exact bool
	want  []string
}{
	// JSON
	{`["a", 7, -1.5e3, true, false, null]`, true, []string{"0=a", "1=7", "2=-1.5e3", "3=true", "4=false", "5="}},
	{`[]`, true, nil},
	{` [ 1 , "b" ] `, true, []string{"0=1", "1=b"}},
	{`["a\"b\\\/\n\tcé😀"]`, true, []string{"0=a\"b\\/\n\tcé😀"}},
	{`["\ud83d", "\ud83dx", "\ud83dA"]`, true, []string{"0=\ufffd", "1=\ufffdx", "2=\ufffdA"}},
	{`[{"a": [1, "]"]}, [1, 2], 3]`, true, []string{`0={"a": [1, "]"]}`, "1=[1, 2]", "2=3"}},
	{`{"id": 7, "name": "a, b", "x": {"y": 1}}`, true, []string{"id=7", "name=a, b", `x={"y": 1}`}},
	{`{}`, true, nil},
	{`[9007199254740993]`, true, []string{"0=9007199254740993"}},
	// Python
	{`('1',)`, true, []string{"0=1"}},
	{`('a', 42, None, True, False, 1.5)`, true, []string{"0=a", "1=42", "2=", "3=true", "4=false", "5=1.5"}},
	{`["it's", 'say "x"', 'both \' and "']`, true, []string{"0=it's", `1=say "x"`, `2=both ' and "`}},
	{`{'id': 7, 'na me': 'x', 3: 4}`, true, []string{"id=7", "na me=x", "3=4"}},
	{`(b'a\xff\n', u'\xe9', '\U0001f600', '\\x41')`, true, []string{"0=a\xff\n", "1=é", "2=😀", `3=\x41`}},
	{`(UUID('66ac0543-6732'), Decimal("1.50"), datetime.date(2024, 1, 31))`, true, []string{"0=66ac0543-6732", "1=1.50", "2=datetime.date(2024, 1, 31)"}},
	{`({'a': 'x'}, ('b',))`, true, []string{"0={'a': 'x'}", "1=('b',)"}},
	{`(nan, inf, -inf)`, true, []string{"0=nan", "1=inf", "2=-inf"}},
	{`()`, true, nil},
	{`'a'`, false, nil},
	{`a=1`, false, nil},
	{`{a b}`, false, nil},
	{`('a' 'b')`, false, nil},
	{`('a']`, false, nil},
	{``, false, nil},
	// Cut off: the value that may be incomplete is left out.
	{`('a', 'b`, true, []string{"0=a"}},
	{`['a', 12`, true, []string{"0=a"}},
	{`['a', 12,`, true, []string{"0=a", "1=12"}},
	{`['a', 'b'`, true, []string{"0=a"}},
	{`['a', [1, 2`, true, []string{"0=a"}},
	{`{"a": 1, "b`, true, []string{"a=1"}},
	{`{"a": 1, "b"`, true, []string{"a=1"}},
	{`{"a": 1, "b":`, true, []string{"a=1"}},
	{`['a\`, true, nil},
	{`[`, true, nil},
	// Go
	{`[a b]`, false, []string{"0=a", "1=b"}},
	{`[jo 42 <nil> true]`, false, []string{"0=jo", "1=42", "2=<nil>", "3=true"}},
	{`[1 2]`, false, []string{"0=1", "1=2"}},
	{`[ a]`, false, []string{"0=", "1=a"}},
	{`[a ]`, false, []string{"0=a", "1="}},
	{`[abc]`, false, []string{"0=abc"}},
	{`["a" "b"]`, false, []string{`0="a"`, `1="b"`}},
	{`[a, 7]`, false, []string{"0=a,", "1=7"}},
	{`[x(y z)w 7]`, false, []string{"0=x(y", "1=z)w", "2=7"}},
	{`[x[) 7]`, false, []string{"0=x[)", "1=7"}},
	{`[x[7]`, true, nil}, // its end may belong to the bracket within
	{`[a b] c`, false, nil},
	{`[1] 2`, false, nil},
}

func TestParametersOfText(t *testing.T) {
	for _, tt := range parameterTexts {
		for _, name := range []string{"db.statement.parameters", "db.postgresql.values", "pgx.query.parameters"} {
			got, exact := parametersOf(serverSpan(t, attrs{name: tt.text}).Attributes())
			assert.Equal(t, tt.want, got, tt.text)
			assert.Equal(t, tt.exact || len(tt.want) == 0, exact, "exact: %s", tt.text)
		}
	}
}

func TestParametersAreBounded(t *testing.T) {
	many := make([]any, 3*MaxParameters)
	stable, dictionary := attrs{}, map[string]any{}
	for i := range many {
		many[i] = i
		stable["db.query.parameter."+strconv.Itoa(i)] = i
		dictionary[strconv.Itoa(i)] = i
	}
	asJSON, err := json.Marshal(many)
	require.NoError(t, err)
	asNames, err := json.Marshal(dictionary)
	require.NoError(t, err)
	for _, a := range []attrs{
		stable,
		{"pgx.query.parameters": many},
		{"pgx.query.parameters": dictionary},
		{"pgx.query.parameters": string(asJSON)},
		{"pgx.query.parameters": string(asNames)},
		{"pgx.query.parameters": fmt.Sprint(many)},
		{"pgx.query.parameters": "[" + strings.Repeat("1,", 10<<20)},
		{"pgx.query.parameters": "[" + strings.Repeat("a ", 1000) + "]"},
	} {
		got, _ := parametersOf(serverSpan(t, a).Attributes())
		assert.Len(t, got, MaxParameters)
	}
	// What lies beyond the part that is read was cut off.
	got, exact := parametersOf(serverSpan(t, attrs{"pgx.query.parameters": `[1, "` + strings.Repeat("x", maxParameterText) + `", 2]`}).Attributes())
	assert.Equal(t, []string{"0=1"}, got)
	assert.True(t, exact)
}

// A parameter may do what Parameters does: read others.
func TestParametersMayBeReadWhileOthersAre(t *testing.T) {
	outer := serverSpan(t, attrs{"pgx.query.parameters": []any{111, 222}}).Attributes()
	inner := serverSpan(t, attrs{"pgx.query.parameters": []any{333}}).Attributes()
	var got []string
	Parameters(outer, func(_, value string) {
		Parameters(inner, func(_, _ string) {})
		got = append(got, strings.Clone(value))
	})
	assert.Equal(t, []string{"111", "222"}, got)
}

func TestParametersOfJSONAreThoseOfTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.String(), 0, 8).Draw(t, "values")
		text, err := json.Marshal(values)
		require.NoError(t, err)
		var want []string
		for i, v := range values {
			want = append(want, fmt.Sprintf("%d=%s", i, strings.ToValidUTF8(v, "\ufffd")))
		}
		m := pcommon.NewMap()
		m.PutStr("db.postgresql.values", string(text))
		got, exact := parametersOf(m)
		assert.Equal(t, want, got)
		assert.True(t, exact)
	})
}

// Whatever the values, a text that is cut off anywhere yields the first of them, and none that differs.
func TestParametersOfACutTextAreTheFirstOfTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.String().AsAny(), rapid.Int().AsAny()), 1, 8).Draw(t, "values")
		text, err := json.Marshal(values)
		require.NoError(t, err)
		m := pcommon.NewMap()
		m.PutStr("db.postgresql.values", string(text))
		whole, _ := parametersOf(m)
		require.Len(t, whole, len(values))
		m.PutStr("db.postgresql.values", string(text[:rapid.IntRange(0, len(text)-1).Draw(t, "cut")]))
		got, exact := parametersOf(m)
		assert.True(t, exact)
		require.LessOrEqual(t, len(got), len(whole))
		assert.Equal(t, whole[:len(got)], append([]string{}, got...))
	})
}

func FuzzParameterText(f *testing.F) {
	for _, tt := range parameterTexts {
		f.Add(tt.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := pcommon.NewMap()
		m.PutStr("db.statement.parameters", text)
		got, exact := parametersOf(m)
		require.LessOrEqual(t, len(got), MaxParameters)
		size := 0
		for _, p := range got {
			size += len(p)
		}
		assert.LessOrEqual(t, size, 3*len(text)+6*len(got), "nothing comes out that was not in the text") // U+FFFD for \ud800 is shorter
		var values []any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if len(text) > maxParameterText || decoder.Decode(&values) != nil || decoder.More() || !json.Valid([]byte(text)) || !utf8.ValidString(text) {
			return
		}
		require.True(t, exact, "JSON is exact")
		require.Len(t, got, min(len(values), MaxParameters))
		for i := range got {
			switch v := values[i].(type) {
			case json.Number:
				assert.Equal(t, fmt.Sprintf("%d=%s", i, v), got[i])
			case string:
				assert.Equal(t, fmt.Sprintf("%d=%s", i, v), got[i])
			}
		}
	})
}
