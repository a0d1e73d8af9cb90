package apicall

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// lineTime is the time of every line in lineCases.
var lineTime = time.Date(2023, time.March, 4, 9, 8, 7, 0, time.UTC).UnixNano()

// lineCases are lines that can be read; the fuzz target starts from them as well.
var lineCases = []struct {
	name, line string
	want       Call // but for the time
}{
	{
		"common",
		`203.0.113.9 - - [04/Mar/2023:10:08:07 +0100] "GET /shop/cart?step=2 HTTP/1.1" 200 5316`,
		Call{Method: "GET", Path: "/shop/cart", Client: "203.0.113.9", Peer: "203.0.113.9", Status: 200, ResponseSize: 5316},
	},
	{
		"combined",
		`203.0.113.9 - jo [04/Mar/2023:09:08:07 +0000] "POST /login HTTP/2.0" 401 12 "https://shop.example/" "Mozilla/5.0 (X11; Linux)"`,
		Call{Method: "POST", Path: "/login", Client: "203.0.113.9", Peer: "203.0.113.9", Status: 401, ResponseSize: 12, UserAgent: "Mozilla/5.0 (X11; Linux)"},
	},
	{
		"nginx main",
		`10.0.0.2 - - [04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1" 304 0 "-" "curl/8.5.0" "203.0.113.9, 10.0.0.1"`,
		Call{Method: "GET", Path: "/", Client: "10.0.0.2", Peer: "10.0.0.2", Status: 304, UserAgent: "curl/8.5.0"},
	},
	{
		"further fields",
		`10.0.0.2 - - [04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1" 200 7 "-" "-" 0.004 "shop@docker" "http://10.0.0.7:80" 4ms`,
		Call{Method: "GET", Path: "/", Client: "10.0.0.2", Peer: "10.0.0.2", Status: 200, ResponseSize: 7},
	},
	{
		"virtual host",
		`shop.example.org:443 203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET /a HTTP/1.1" 200 7 "-" "curl/8.5.0"`,
		Call{Method: "GET", Path: "/a", Client: "203.0.113.9", Peer: "203.0.113.9", Status: 200, ResponseSize: 7, UserAgent: "curl/8.5.0"},
	},
	{
		"virtual host without port",
		`shop.example.org 2001:db8::7 - - [04/Mar/2023:09:08:07 +0000] "GET /a HTTP/1.1" 200 7`,
		Call{Method: "GET", Path: "/a", Client: "2001:db8::7", Peer: "2001:db8::7", Status: 200, ResponseSize: 7},
	},
	{
		"virtual host by address, client by name",
		`192.0.2.1:80 client.example.net - - [04/Mar/2023:09:08:07 +0000] "GET /a HTTP/1.1" 200 7`,
		Call{Method: "GET", Path: "/a", Client: "client.example.net", Peer: "client.example.net", Status: 200, ResponseSize: 7},
	},
	{
		"user with spaces",
		`203.0.113.9 - jo doe the 2nd [04/Mar/2023:09:08:07 +0000] "GET /a HTTP/1.1" 200 7`,
		Call{Method: "GET", Path: "/a", Client: "203.0.113.9", Peer: "203.0.113.9", Status: 200, ResponseSize: 7},
	},
	{
		"user who forges a line",
		`203.0.113.9 - x [01/Jan/2020:00:00:00 +0000] \x22GET /forged HTTP/1.1\x22 200 1 [04/Mar/2023:09:08:07 +0000] "GET /a HTTP/1.1" 200 7`,
		Call{Method: "GET", Path: "/a", Client: "203.0.113.9", Peer: "203.0.113.9", Status: 200, ResponseSize: 7},
	},
	{
		"loopback",
		`::1 - - [04/Mar/2023:09:08:07 +0000] "OPTIONS * HTTP/1.0" 200 110 "-" "Apache/2.4 (internal dummy connection)"`,
		Call{Method: "OPTIONS", Path: "*", Client: "::1", Peer: "::1", Status: 200, ResponseSize: 110, UserAgent: "Apache/2.4 (internal dummy connection)"},
	},
	{
		"host with port",
		`[2001:db8::7]:51234 - - [04/Mar/2023:09:08:07 +0000] "HEAD /a HTTP/1.1" 200 -`,
		Call{Method: "HEAD", Path: "/a", Client: "2001:db8::7", Peer: "2001:db8::7", Status: 200},
	},
	{
		"no request",
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "-" 408 -`,
		Call{Client: "203.0.113.9", Peer: "203.0.113.9", Status: 408},
	},
	{
		"empty request",
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "" 400 0 "-" "-"`,
		Call{Client: "203.0.113.9", Peer: "203.0.113.9", Status: 400},
	},
	{
		"tls on a plain port",
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "\x16\x03\x01\x02\x00 \xfc" 400 157 "-" "-"`,
		Call{Client: "203.0.113.9", Peer: "203.0.113.9", Status: 400, ResponseSize: 157},
	},
	{
		"escaped quotes",
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET /a\"b\\ HTTP/1.1" 404 9 "\"" "say \"hello\" \\"`,
		Call{Method: "GET", Path: `/a\"b\\`, Client: "203.0.113.9", Peer: "203.0.113.9", Status: 404, ResponseSize: 9, UserAgent: `say \"hello\" \\`},
	},
	{
		"no protocol",
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET /a" 200 9`,
		Call{Method: "GET", Path: "/a", Client: "203.0.113.9", Peer: "203.0.113.9", Status: 200, ResponseSize: 9},
	},
	{
		"method alone",
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET" 400 9`,
		Call{Method: "GET", Client: "203.0.113.9", Peer: "203.0.113.9", Status: 400, ResponseSize: 9},
	},
	{
		"spaces in the target",
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET /a b c HTTP/1.1" 400 9`,
		Call{Method: "GET", Path: "/a b c", Client: "203.0.113.9", Peer: "203.0.113.9", Status: 400, ResponseSize: 9},
	},
	{
		"absolute form",
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET http://shop.example:8080/a?b=/c HTTP/1.1" 200 9`,
		Call{Method: "GET", Path: "/a", Client: "203.0.113.9", Peer: "203.0.113.9", Status: 200, ResponseSize: 9},
	},
	{
		"invented method",
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "BREW /pot HTTP/1.1" 418 9`,
		Call{Method: "_OTHER", Path: "/pot", Client: "203.0.113.9", Peer: "203.0.113.9", Status: 418, ResponseSize: 9},
	},
	{
		"webdav",
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "PROPFIND / HTTP/1.1" 405 9`,
		Call{Method: "PROPFIND", Path: "/", Client: "203.0.113.9", Peer: "203.0.113.9", Status: 405, ResponseSize: 9},
	},
	{
		"no status",
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET /a HTTP/1.1" - -`,
		Call{Method: "GET", Path: "/a", Client: "203.0.113.9", Peer: "203.0.113.9"},
	},
	{
		"status zero",
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET /a HTTP/1.1" 000 0`,
		Call{Method: "GET", Path: "/a", Client: "203.0.113.9", Peer: "203.0.113.9"},
	},
	{
		"no host",
		`- - - [04/Mar/2023:09:08:07 +0000] "GET /a HTTP/1.1" 200 1`,
		Call{Method: "GET", Path: "/a", Status: 200, ResponseSize: 1},
	},
	{
		"cut in the user agent",
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET /a HTTP/1.1" 200 1 "-" "Mozilla/5.0 AAAAAAAAA`,
		Call{Method: "GET", Path: "/a", Client: "203.0.113.9", Peer: "203.0.113.9", Status: 200, ResponseSize: 1, UserAgent: "Mozilla/5.0 AAAAAAAAA"},
	},
	{
		"line end",
		"203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] \"GET /a HTTP/1.1\" 200 1\r\n",
		Call{Method: "GET", Path: "/a", Client: "203.0.113.9", Peer: "203.0.113.9", Status: 200, ResponseSize: 1},
	},
}

func TestParseAccessLog(t *testing.T) {
	for _, tt := range lineCases {
		t.Run(tt.name, func(t *testing.T) {
			got := Call{Route: "left over", UserAgent: "left over", Forwarded: true}
			require.True(t, ParseAccessLog(tt.line, &got))
			tt.want.Start, tt.want.End = lineTime, lineTime
			assert.Equal(t, tt.want, got)
		})
	}
}

// foreignLines are no access logs; brokenLines are, but cannot be read.
var (
	foreignLines = []string{
		"",
		"started in 3 ms",
		`2023-03-04 09:08:07 INFO [main] "quoted text" 200 1`,
		`{"time":"[04/Mar/2023:09:08:07 +0000]","msg":"GET / HTTP/1.1"}`,
		`[] "GET / HTTP/1.1" 200 1`,
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] GET / HTTP/1.1 200 1`,
	}
	brokenLines = []string{
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1" 200`,
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1" 200 many`,
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1" 20 1`,
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1" OK 1`,
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1" 200 99999999999999999999`,
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1`,
		`203.0.113.9 - - [04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1\" 200 1`,
		`203.0.113.9 - - [31/Feb/2023:09:08:07 +0000] "GET / HTTP/1.1" 200 1`,
		`203.0.113.9 - - [04/Foo/2023:09:08:07 +0000] "GET / HTTP/1.1" 200 1`,
		`203.0.113.9 - - [04/Mar/2023:25:08:07 +0000] "GET / HTTP/1.1" 200 1`,
		`203.0.113.9 - - [04/Mar/2023:09:08:07] "GET / HTTP/1.1" 200 1`,
		`203.0.113.9 - - [04/Mar/2023:09:08:07 *0000] "GET / HTTP/1.1" 200 1`,
		`203.0.113.9 - - [4/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1" 200 1`,
		`203.0.113.9 - - [04/Mar/1969:09:08:07 +0000] "GET / HTTP/1.1" 200 1`,
		`203.0.113.9 - [04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1" 200 1`,
		`[04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1" 200 1`,
	}
)

func TestParseAccessLogRefuses(t *testing.T) {
	for outcome, lines := range map[lineOutcome][]string{lineForeign: foreignLines, lineBroken: brokenLines} {
		for _, line := range lines {
			t.Run(line, func(t *testing.T) {
				c := Call{Path: "left over"}
				assert.False(t, ParseAccessLog(line, &c))
				assert.Equal(t, Call{ResponseSize: -1}, c)
				var l accessLine
				assert.Equal(t, outcome, l.parse(line))
			})
		}
	}
}

func FuzzParseAccessLog(f *testing.F) {
	for _, tt := range lineCases {
		f.Add(tt.line)
	}
	for _, line := range append(foreignLines, brokenLines...) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var c Call
		if !ParseAccessLog(line, &c) {
			return
		}
		assert.GreaterOrEqual(t, c.Start, int64(-24*time.Hour))
		assert.Equal(t, c.Start, c.End)
		assert.True(t, c.Status == 0 || c.Status >= 100 && c.Status <= 999, "status %d", c.Status)
		assert.GreaterOrEqual(t, c.ResponseSize, int64(0))
		assert.Less(t, len(c.Client)+len(c.Path)+len(c.UserAgent), len(line))
		assert.Equal(t, c.Method, canonicalMethod(c.Method))
	})
}

func TestParseLogTimeIsTimeParse(t *testing.T) {
	const layout = "02/Jan/2006:15:04:05 -0700"
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "minutes east"))
		want := time.Unix(rapid.Int64Range(86400, 9_000_000_000).Draw(t, "seconds"), 0).In(zone)
		got, ok := parseLogTime(want.Format(layout))
		require.True(t, ok, want)
		require.Equal(t, want.UnixNano(), got, want)
	})
}

func TestParseLogTimeRefusesWhatTimeParseRefuses(t *testing.T) {
	const layout = "02/Jan/2006:15:04:05 -0700"
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-3][0-9]/(Feb|Apr|Dec)/(19[7-9]|20[0-9])[0-9]:[0-2][0-9]:[0-6][0-9]:[0-5][0-9] [+-]0[0-9][0-5][0-9]`).Draw(t, "text")
		want, err := time.Parse(layout, text)
		got, ok := parseLogTime(text)
		require.Equal(t, err == nil, ok, text)
		if ok {
			require.Equal(t, want.UnixNano(), got, text)
		}
	})
}

func TestParseLogTimeFraction(t *testing.T) {
	whole, ok := parseLogTime("04/Mar/2023:09:08:07 +0000")
	require.True(t, ok)
	for text, ns := range map[string]int64{".1": 1e8, ".123": 123e6, ".000000001": 1, ".999999999": 999999999} {
		got, ok := parseLogTime("04/Mar/2023:09:08:07" + text + " +0000")
		assert.True(t, ok, text)
		assert.Equal(t, whole+ns, got, text)
	}
	for _, text := range []string{".", ".x", ".1234567890"} {
		_, ok := parseLogTime("04/Mar/2023:09:08:07" + text + " +0000")
		assert.False(t, ok, text)
	}
}
