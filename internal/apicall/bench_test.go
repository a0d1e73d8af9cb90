package apicall

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const benchSpans = 400

// spanBatches are named realistic batches of distinct spans.
var spanBatches = []struct {
	name string
	add  func(b *batch, i int)
}{
	{"server/mixed", func(b *batch, i int) {
		if i%3 == 0 {
			b.old(i%2 == 0)
		} else {
			b.stable(i%4 != 0)
		}
	}},
	{"server/stable/route", func(b *batch, _ int) { b.stable(true) }},
	{"server/stable/path", func(b *batch, _ int) { b.stable(false) }},
	{"server/old/route", func(b *batch, _ int) { b.old(true) }},
	{"server/old/path", func(b *batch, _ int) { b.old(false) }},
	{"client/database", func(b *batch, _ int) { b.database() }},
	{"client/http", func(b *batch, _ int) { b.client() }},
	{"internal", func(b *batch, _ int) { b.internal() }},
}

func BenchmarkSpan(b *testing.B) {
	for _, bb := range spanBatches {
		b.Run(bb.name, func(b *testing.B) {
			benchmarkSpans(b, Settings{}, bb.add)
		})
	}
	b.Run("server/mixed/trusted proxies", func(b *testing.B) {
		benchmarkSpans(b, Settings{TrustedProxies: prefixes("10.0.0.0/9", "fd00::/8")}, spanBatches[0].add)
	})
}

// benchmarkSpans reports the time of one span.
func benchmarkSpans(b *testing.B, settings Settings, add func(*batch, int)) {
	r, err := NewReader(settings)
	require.NoError(b, err)
	spans := makeSpans(b, add)
	s, c, st := &Scratch{}, &Call{}, &Statement{}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		r.Span(spans[i], s, c, st)
		if i++; i == len(spans) {
			i = 0
		}
	}
}

func makeSpans(tb testing.TB, add func(*batch, int)) []ptrace.Span {
	b := newBatch(42)
	for i := range benchSpans {
		add(b, i)
	}
	return b.received(tb)
}

func BenchmarkAppendRoute(b *testing.B) {
	gen := newBatch(7)
	var paths []string
	for range benchSpans {
		path, _ := gen.path()
		paths = append(paths, path)
	}
	dst := make([]byte, 0, 2*MaxRouteBytes)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		dst = AppendRoute(dst[:0], paths[i])
		if i++; i == len(paths) {
			i = 0
		}
	}
}

// accessLines are lines of several formats, all distinct.
func accessLines() []string {
	b := newBatch(11)
	agents := []string{"curl/8.5.0", "-", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"}
	var lines []string
	for i := range benchSpans {
		path, _ := b.path()
		line := fmt.Sprintf(`%s - - [04/Mar/2023:09:%02d:%02d +0100] "%s %s?page=%d HTTP/1.1" %d %d`,
			b.address(), i/60, i%60, b.method(), path, i, b.status(), b.rng.IntN(100000))
		if i%4 > 0 {
			line += fmt.Sprintf(` "https://shop.example.org/" "%s"`, agents[i%len(agents)])
		}
		if i%4 > 1 {
			line += fmt.Sprintf(` "203.0.113.%d, %s"`, i%256, b.address())
		}
		lines = append(lines, line)
	}
	return lines
}

func BenchmarkParseAccessLog(b *testing.B) {
	lines := accessLines()
	var c Call
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		ParseAccessLog(lines[i], &c)
		if i++; i == len(lines) {
			i = 0
		}
	}
}

func BenchmarkLogRecord(b *testing.B) {
	lines := accessLines()
	logs := plog.NewLogRecordSlice()
	for _, line := range lines {
		logs.AppendEmpty().Body().SetStr(line)
	}
	r, err := NewReader(Settings{TrustedProxies: prefixes("10.0.0.0/9")})
	require.NoError(b, err)
	s, c := &Scratch{}, &Call{}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		r.LogRecord(logs.At(i), s, c)
		if i++; i == logs.Len() {
			i = 0
		}
	}
}
