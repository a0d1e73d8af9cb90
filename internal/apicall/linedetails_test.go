package apicall

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDetailsOfALogRecord(t *testing.T) {
	const anonymous = `10.0.0.2 - - [04/Mar/2023:09:08:07 +0000] "GET /orders/7 HTTP/1.1" 200 12`
	call := attrs{"http.request.method": "GET", "url.path": "/a"}
	tests := []struct {
		name  string
		body  string
		attrs attrs
		want  Details
	}{
		{"line", combinedLine, nil, Details{User: "jo", Query: "full=1", HasQuery: true}},
		{"line without either", anonymous, nil, Details{}},
		{"line with an empty query", `h - - [04/Mar/2023:09:08:07 +0000] "GET /? HTTP/1.1" 200 1`, nil, Details{HasQuery: true}},
		{
			"line with spaces in the target and a fragment", `h - - [04/Mar/2023:09:08:07 +0000] "GET /a?b=c d#e HTTP/1.1" 200 1`, nil,
			Details{Query: "b=c d", HasQuery: true},
		},
		{"line without a protocol", `h - - [04/Mar/2023:09:08:07 +0000] "GET /a?b=c" 200 1`, nil, Details{Query: "b=c", HasQuery: true}},
		{"line with a URL", `h - - [04/Mar/2023:09:08:07 +0000] "GET http://a/?b=c HTTP/1.1" 200 1`, nil, Details{Query: "b=c", HasQuery: true}},
		{"no HTTP", `h - - [04/Mar/2023:09:08:07 +0000] "\x16\x03?a" 400 1`, nil, Details{}},
		{"broken line", `10.0.0.2 - jo [04/Mar/2023:09:08:07 +0000] "GET /?a`, nil, Details{}},
		{"other text", "jo?a=1", nil, Details{}},
		{"attributes before the line", combinedLine, attrs{"enduser.id": "kim", "url.query": "a=2"}, Details{User: "kim", Query: "a=2", HasQuery: true}},
		{"user of the record", combinedLine, attrs{"user.id": "kim"}, Details{User: "kim", Query: "full=1", HasQuery: true}},
		{"query of the record", combinedLine, attrs{"url.query": "a=2"}, Details{User: "jo", Query: "a=2", HasQuery: true}},
		{"a call of its own", combinedLine, call, Details{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := leftOverDetails()
			newDetailer(t, BodyNames{}).LogRecord(logRecord(t, tt.body, tt.attrs), WantAll, got)
			assert.Equal(t, tt.want, onlyScalars(got))

			newDetailer(t, BodyNames{}).LogRecord(logRecord(t, tt.body, tt.attrs), WantUser, got)
			assert.Equal(t, Details{User: tt.want.User}, onlyScalars(got))

			newDetailer(t, BodyNames{}).LogRecord(logRecord(t, tt.body, tt.attrs), WantQuery, got)
			assert.Equal(t, Details{Query: tt.want.Query, HasQuery: tt.want.HasQuery}, onlyScalars(got))
		})
	}
	t.Run("body that is no text", func(t *testing.T) {
		rec := logRecord(t, "", nil)
		rec.Body().SetEmptyMap().PutStr("line", combinedLine)
		var got Details
		newDetailer(t, BodyNames{}).LogRecord(rec, WantAll, &got)
		assert.Empty(t, got.User+got.Query)
	})
}

// onlyScalars are the details without the buffers that they reuse.
func onlyScalars(d *Details) Details {
	return Details{User: d.User, Session: d.Session, Query: d.Query, HasQuery: d.HasQuery, RequestBody: d.RequestBody, ResponseBody: d.ResponseBody}
}

// Path and query of a line are cut out of it in two places; whatever the line, they belong together.
func FuzzDetailsOfALine(f *testing.F) {
	for _, tt := range lineCases {
		f.Add(tt.line)
	}
	f.Add(combinedLine)
	d := &Details{}
	f.Fuzz(func(t *testing.T, line string) {
		newDetailer(t, BodyNames{}).LogRecord(logRecord(t, line, nil), WantAll, d)
		var c Call
		if !ParseAccessLog(line, &c) {
			assert.Empty(t, d.User+d.Query)
			return
		}
		if d.HasQuery {
			assert.Contains(t, line, "?"+d.Query)
			assert.NotEmpty(t, c.Path)
		}
	})
}
