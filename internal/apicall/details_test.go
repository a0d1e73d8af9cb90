package apicall

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"pgregory.net/rapid"
)

func newDetailer(t testing.TB, n BodyNames) *Detailer {
	t.Helper()
	d, err := NewDetailer(n)
	require.NoError(t, err)
	return d
}

// readDetails reads everything, over details that have something in every field.
func readDetails(t testing.TB, a attrs) *Details {
	t.Helper()
	d := leftOverDetails()
	newDetailer(t, BodyNames{}).Read(serverSpan(t, a).Attributes(), WantAll, d)
	return d
}

func leftOverDetails() *Details {
	return &Details{
		User: "x", Session: "x", Roles: []string{"x"}, Query: "x", HasQuery: true,
		RequestBody: Body{Text: "x", Present: true, Type: "x"}, ResponseBody: Body{Text: "x", Present: true, Type: "x"},
		RequestHeaders: []Header{{Name: "x", Value: "x"}}, ResponseHeaders: []Header{{Name: "x", Value: "x"}},
	}
}

func TestDetailsOfACaller(t *testing.T) {
	long := strings.Repeat("u", 5000)
	tests := []struct {
		name          string
		attrs         attrs
		user, session string
		roles         []string
	}{
		{"nothing", nil, "", "", []string{}},
		{"stable names", attrs{"user.id": "jo", "session.id": "s1", "user.roles": []any{"admin", "staff"}}, "jo", "s1", []string{"admin", "staff"}},
		{"old names", attrs{"enduser.id": "jo", "enduser.role": "admin"}, "jo", "", []string{"admin"}},
		{"both", attrs{"enduser.id": "old", "user.id": "new", "enduser.role": "old", "user.roles": []any{"new"}}, "new", "", []string{"new"}},
		{"stable names that are empty", attrs{"enduser.id": "old", "user.id": "", "enduser.role": "old", "user.roles": []any{}}, "old", "", []string{"old"}},
		{"roles that are all empty", attrs{"user.roles": []any{"", " "}, "enduser.role": "old"}, "", "", []string{"old"}},
		{"roles as text", attrs{"user.roles": " admin, staff,,"}, "", "", []string{"admin", "staff"}},
		{"roles as numbers", attrs{"user.roles": []any{1, 2.0, []any{"x"}, "c"}}, "", "", []string{"1", "2", "c"}},
		{"one role as a number", attrs{"user.roles": 7}, "", "", []string{"7"}},
		{"numbers", attrs{"user.id": 42, "session.id": 1e3}, "42", "1000", []string{}},
		{"a negative number and a fraction", attrs{"user.id": -42, "session.id": 0.5}, "-42", "0.5", []string{}},
		{"the largest number", attrs{"user.id": math.MaxInt64, "session.id": 1e300}, "9223372036854775807", "1e+300", []string{}},
		{"arrays", attrs{"user.id": []any{"jo", "kim"}, "session.id": []any{}}, "jo", "", []string{}},
		{"an array in an array", attrs{"user.id": []any{[]any{"jo"}}, "enduser.id": "kim"}, "kim", "", []string{}},
		{"text of any length, as it is", attrs{"user.id": long, "session.id": " a\x00"}, long, " a\x00", []string{}},
		{"a map", attrs{"user.id": map[string]any{"a": 1}, "session.id": []byte("x")}, "", "", []string{}},
		{"similar names", attrs{"user.ids": "x", "user.i": "x", "session_id": "x", "enduser.roles": "x"}, "", "", []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := readDetails(t, tt.attrs)
			assert.Equal(t, tt.user, d.User)
			assert.Equal(t, tt.session, d.Session)
			assert.Equal(t, tt.roles, d.Roles)
		})
	}
}

func TestRolesAreBounded(t *testing.T) {
	many := make([]any, 1000)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	assert.Len(t, readDetails(t, attrs{"user.roles": many}).Roles, MaxRoles)
	assert.Len(t, readDetails(t, attrs{"user.roles": strings.Repeat("a,", 1000)}).Roles, MaxRoles)
}

func TestDetailsOfAQuery(t *testing.T) {
	tests := []struct {
		name  string
		attrs attrs
		want  string
		has   bool
	}{
		{"nothing", nil, "", false},
		{"url.query", attrs{"url.query": "a=1&b=%32"}, "a=1&b=%32", true},
		{"url.query before the others", attrs{"http.target": "/?a=2", "url.query": "a=1"}, "a=1", true},
		{"url.query with its mark", attrs{"url.query": "?a=1?"}, "a=1?", true},
		{"url.query that is empty", attrs{"url.query": "", "http.target": "/?a=2"}, "a=2", true},
		{"url.query that is a mark alone", attrs{"url.query": "?"}, "", true},
		{"http.target", attrs{"http.target": "/a?b=1#c"}, "b=1", true},
		{"http.target without", attrs{"http.target": "/a", "http.url": "http://h/a?b=1"}, "b=1", true},
		{"http.target with an empty one", attrs{"http.target": "/a?"}, "", true},
		{"http.target with an empty one, http.url with more", attrs{"http.target": "/a?", "http.url": "http://h/a?b=1"}, "b=1", true},
		{"a mark in the fragment", attrs{"http.target": "/a#b?c=1"}, "", false},
		{"url.full", attrs{"url.full": "https://h/a?b=1#c", "http.url": "http://h/a?b=2"}, "b=1", true},
		{"http.url", attrs{"http.url": "http://h?b=2"}, "b=2", true},
		{"a path alone", attrs{"url.path": "/a"}, "", false},
		{"numbers", attrs{"url.query": 1, "http.target": 2}, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := readDetails(t, tt.attrs)
			assert.Equal(t, tt.want, d.Query)
			assert.Equal(t, tt.has, d.HasQuery)
		})
	}
}

func TestDetailsOfABody(t *testing.T) {
	text := func(s string) Body { return Body{Text: s, Present: true} }
	tests := []struct {
		name  string
		value any
		want  Body
	}{
		{"text", `{"a":1}`, text(`{"a":1}`)},
		{"empty text", "", Body{}},
		{"nothing", nil, Body{}},
		{"bytes", []byte("a\xff"), text("a\xff")},
		{"no bytes", []byte{}, Body{}},
		{"a number", 42, text("42")},
		{"a double", 42.0, text("42")},
		{"a bool", false, text("false")},
		{"a map", map[string]any{"a": []any{9007199254740993, "b"}}, text(`{"a":[9007199254740993,"b"]}`)},
		{"an array", []any{1, "a"}, text(`[1,"a"]`)},
		{"an empty map", map[string]any{}, text("{}")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"http.request.body.content", "http.request.body"} {
				d := readDetails(t, attrs{name: tt.value})
				assert.Equal(t, tt.want, d.RequestBody, name)
				assert.Zero(t, d.ResponseBody, name)
			}
			for _, name := range []string{"http.response.body.content", "http.response.body"} {
				d := readDetails(t, attrs{name: tt.value})
				assert.Equal(t, tt.want, d.ResponseBody, name)
				assert.Zero(t, d.RequestBody, name)
			}
		})
	}
}

func TestTheFirstBodyNameThatHasOneCounts(t *testing.T) {
	d := newDetailer(t, BodyNames{Request: []string{"a", "b", "user.id.x"}, Response: []string{}})
	for _, tt := range []struct {
		names, values []string
		want          string
	}{
		{[]string{"a", "b"}, []string{"1", "2"}, "1"},
		{[]string{"b", "a"}, []string{"2", "1"}, "1"},
		{[]string{"a", "b"}, []string{"", "2"}, "2"},
		{[]string{"user.id.x", "b"}, []string{"3", ""}, "3"},
		{[]string{"c", "http.request.body"}, []string{"4", "5"}, ""},
	} {
		m := pcommon.NewMap()
		for i, name := range tt.names {
			m.PutStr(name, tt.values[i])
		}
		m.PutStr("http.response.body", "6")
		var got Details
		d.Read(m, WantAll, &got)
		assert.Equal(t, tt.want, got.RequestBody.Text, tt.names)
		assert.Equal(t, tt.want != "", got.RequestBody.Present)
		assert.Zero(t, got.ResponseBody, "an empty list has no defaults")
	}
}

func TestABodyMayBeInAnAttributeWithAnotherUse(t *testing.T) {
	d, got := newDetailer(t, BodyNames{Request: []string{"http.request.header.x-body"}, Response: []string{"url.query"}}), &Details{}
	d.Read(serverSpan(t, attrs{"http.request.header.x-body": "b", "url.query": "q"}).Attributes(), WantAll, got)
	assert.Equal(t, "b", got.RequestBody.Text)
	assert.Equal(t, "q", got.ResponseBody.Text)
	assert.Equal(t, "q", got.Query)
	assert.Len(t, got.RequestHeaders, 1)
}

func TestBodyNamesThatCannotBe(t *testing.T) {
	for want, n := range map[string]BodyNames{
		"request body: an attribute name is empty":  {Request: []string{"a", ""}},
		"response body: an attribute name is empty": {Response: []string{""}},
		`request body: "a" is named twice`:          {Request: []string{"a", "b", "a"}},
		`response body: "a" is named twice`:         {Request: []string{"a"}, Response: []string{"a"}},
	} {
		d, err := NewDetailer(n)
		require.ErrorContains(t, err, want)
		assert.Nil(t, d)
	}
}

func TestABodyHasTheTypeOfItsHeader(t *testing.T) {
	for header, want := range map[any]string{
		"application/json":                    "application/json",
		" Application/JSON ; charset=utf-8":   "application/json",
		"":                                    "",
		";":                                   "",
		"a/" + strings.Repeat("b", 200):       "",
		7:                                     "7",
		"multipart/form-data; boundary=a;b=c": "multipart/form-data",
	} {
		for _, name := range []string{"content-type", "content_type", "Content-Type"} {
			for _, value := range []any{header, []any{header, "text/plain"}} {
				a := attrs{
					"http.request.body": "x", "http.request.header." + name: value,
					"http.response.body": "y", "http.response.header." + name: "text/html",
				}
				d := readDetails(t, a)
				assert.Equal(t, want, d.RequestBody.Type, "%s: %v", name, value)
				assert.Equal(t, "text/html", d.ResponseBody.Type)

				var bodies Details
				newDetailer(t, BodyNames{}).Read(serverSpan(t, a).Attributes(), WantRequestBody, &bodies)
				assert.Equal(t, Body{Text: "x", Present: true, Type: want}, bodies.RequestBody, "without headers")
				assert.Empty(t, bodies.RequestHeaders)
			}
		}
	}
	a := attrs{"http.request.body": "x", "http.request.header.content_type": "old/one", "http.request.header.content-type": "new/one"}
	assert.Equal(t, "new/one", readDetails(t, a).RequestBody.Type)
	assert.Zero(t, readDetails(t, attrs{"http.request.header.content-type": "a/b"}).RequestBody, "without a body")
}

func TestWhatIsNotWantedIsEmpty(t *testing.T) {
	a := attrs{
		"user.id": "jo", "session.id": "s", "user.roles": "r", "url.query": "a=1",
		"http.request.header.a": "1", "http.response.header.b": "2", "http.request.body": "3", "http.response.body": "4",
	}
	all := readDetails(t, a)
	wants := map[Want]func(d *Details){
		WantUser:            func(d *Details) { d.User, d.Session, d.Roles = all.User, all.Session, all.Roles },
		WantQuery:           func(d *Details) { d.Query, d.HasQuery = all.Query, all.HasQuery },
		WantRequestHeaders:  func(d *Details) { d.RequestHeaders = all.RequestHeaders },
		WantResponseHeaders: func(d *Details) { d.ResponseHeaders = all.ResponseHeaders },
		WantRequestBody:     func(d *Details) { d.RequestBody = all.RequestBody },
		WantResponseBody:    func(d *Details) { d.ResponseBody = all.ResponseBody },
	}
	m := serverSpan(t, a).Attributes()
	for want := range WantAll + 1 {
		expected := Details{Roles: []string{}, RequestHeaders: []Header{}, ResponseHeaders: []Header{}}
		for bit, fill := range wants {
			if want&bit != 0 {
				fill(&expected)
			}
		}
		got := leftOverDetails()
		newDetailer(t, BodyNames{}).Read(m, want, got)
		got.scratch = nil
		assert.Equal(t, &expected, got, "want %06b", want)
	}
}

func TestResetLetsGoOfTheBatch(t *testing.T) {
	d := readDetails(t, attrs{"user.id": 7, "user.roles": "a,b", "http.request.header.a": []any{"1", "2"}, "url.query": "q"})
	d.Reset()
	assert.Equal(t, [2]string{}, [2]string(d.Roles[:2]))
	assert.Zero(t, d.RequestHeaders[:1][0])
	d.Roles, d.RequestHeaders, d.ResponseHeaders, d.scratch = nil, nil, nil, nil
	assert.Zero(t, *d)
}

// Numbers and changed names share one buffer, which may move while it is filled.
func TestTextOfDetailsStaysWhileTheyAreRead(t *testing.T) {
	var d Details
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.Int64(), 1, 60).Draw(t, "numbers")
		m := pcommon.NewMap()
		m.PutInt("user.id", numbers[0])
		roles := m.PutEmptySlice("user.roles")
		for i, n := range numbers {
			m.PutInt(fmt.Sprintf("http.request.header.X_%d", i), n)
			roles.AppendEmpty().SetInt(n)
		}
		(&Detailer{}).Read(m, WantAll, &d)
		assert.Equal(t, fmt.Sprint(numbers[0]), d.User)
		require.Len(t, d.RequestHeaders, len(numbers))
		for i, n := range numbers {
			assert.Equal(t, fmt.Sprintf("x-%d", i), d.RequestHeaders[i].Name)
			assert.Equal(t, fmt.Sprint(n), d.RequestHeaders[i].Value)
			assert.Equal(t, fmt.Sprint(n), d.Roles[i])
		}
	})
}
