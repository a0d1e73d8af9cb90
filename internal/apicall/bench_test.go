package apicall

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
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
		proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/9"), netip.MustParsePrefix("fd00::/8")}
		benchmarkSpans(b, Settings{TrustedProxies: proxies}, spanBatches[0].add)
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
