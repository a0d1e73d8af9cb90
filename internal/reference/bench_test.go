package reference

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const benchRows = 100_000 // more than the caches of a processor have room for

// shop is a store with many orders of many sessions, and keys to look up: some are asked for more often than others.
func shop(t testing.TB, rows int) (s *Store, c Collection, fields []Field, keys []string) {
	t.Helper()
	s = opening(t, DefaultSettings())
	c = s.Collection("orders")
	for _, name := range []string{"owner", "price", "status", "train", "from", "to"} {
		f, _ := s.Field(c, name)
		fields = append(fields, f)
	}
	entries := make([]Entry, len(fields))
	for i := range rows {
		by := fmt.Sprint("session ", i/10)
		tr := s.Begin(int64(i), by)
		for j, f := range fields {
			entries[j] = Entry{f, Value{Text, fmt.Sprint(j, " of ", i)}}
		}
		tr.Put(c, id(i), int64(i), entries, by)
		tr.Commit()
	}
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time
	for range 1 << 16 {
		keys = append(keys, id(int(float64(rows)*rng.Float64()*rng.Float64())))
	}
	return s, c, fields, keys
}

func id(i int) string { return fmt.Sprintf("%08x-2c5f-4a1e-9d70-%012x", i*2654435761, i) }

var sink int

func BenchmarkRow(b *testing.B) {
	for _, rows := range []int{2000, benchRows} {
		b.Run(fmt.Sprint("rows=", rows), func(b *testing.B) { benchmarkRow(b, rows) })
	}
}

func benchmarkRow(b *testing.B, rows int) {
	b.Helper()
	s, c, fields, keys := shop(b, rows)
	b.ReportAllocs()
	i := 0
	tr := s.Begin(benchRows, "session 1")
	for b.Loop() {
		if i++; i%16 == 0 {
			tr.Commit()
			tr = s.Begin(benchRows, "session 1")
		}
		r, _ := tr.Row(c, keys[i%len(keys)], benchRows)
		v, _ := r.Get(fields[i%len(fields)])
		sink += len(v.Text)
	}
}

func BenchmarkRowMissing(b *testing.B) {
	s, c, _, keys := shop(b, benchRows)
	for i := range keys {
		keys[i] += "x"
	}
	b.ReportAllocs()
	i := 0
	tr := s.Begin(benchRows, "session 1")
	for b.Loop() {
		i++
		_, answer := tr.Row(c, keys[i%len(keys)], benchRows)
		sink += int(answer)
	}
}

func BenchmarkShown(b *testing.B) {
	s, c, _, keys := shop(b, benchRows)
	b.ReportAllocs()
	i := 0
	tr := s.Begin(benchRows, "session 77")
	for b.Loop() {
		i++
		sink += int(tr.Shown(c, keys[i%len(keys)], "session 77", benchRows))
	}
}

// A trace of eight writes, mostly of what is known already.
func BenchmarkPut(b *testing.B) {
	s, c, fields, keys := shop(b, benchRows)
	b.ReportAllocs()
	i := 0
	entries := make([]Entry, len(fields))
	values := []Value{{Text, "PAID"}, {Text, "NEW"}, {Text, "SENT"}, {Text, "PAID"}}
	sessions := make([]string, 1000)
	for j := range sessions {
		sessions[j] = fmt.Sprint("session ", j)
	}
	for b.Loop() {
		at := int64(benchRows + i)
		by := sessions[i/64%len(sessions)]
		tr := s.Begin(at, by)
		for range 8 {
			i++
			for j, f := range fields {
				entries[j] = Entry{f, values[(i/4096+j)%len(values)]}
			}
			tr.Put(c, keys[i%len(keys)], at, entries, by)
		}
		tr.Commit()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(i), "ns/put")
}

func BenchmarkSaveAndLoad(b *testing.B) {
	s, _, _, _ := shop(b, benchRows)
	b.Run("save", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, s.Save(io.Discard))
		}
	})
	b.Run("load", func(b *testing.B) {
		state := saved(b, s)
		b.SetBytes(int64(len(state)))
		for b.Loop() {
			_, err := Load(bytes.NewReader(state), DefaultSettings())
			require.NoError(b, err)
		}
	})
}

func TestLookingUpAllocatesNothing(t *testing.T) {
	s, c, fields, keys := shop(t, 1000)
	i := 0
	look := func() {
		tr := s.Begin(benchRows, "session 5")
		for range 20 {
			i++
			r, _ := tr.Row(c, keys[i%len(keys)], benchRows)
			v, _ := r.Get(fields[i%len(fields)])
			sink += len(v.Text)
			tr.Shown(c, keys[i%len(keys)], "session 5", benchRows)
			tr.Row(c, "nothing", benchRows)
		}
		tr.Commit()
	}
	look()
	assert.Zero(t, testing.AllocsPerRun(100, look))
}

func TestWritingTheSameAgainAllocatesNothing(t *testing.T) {
	s, c, fields, keys := shop(t, 1000)
	entries := []Entry{{fields[2], Value{Text, "PAID"}}}
	write := func() {
		tr := s.Begin(benchRows, "session 5")
		for i := range 20 {
			tr.Put(c, keys[i], benchRows, entries, "session 5")
		}
		tr.Commit()
	}
	write()
	assert.Zero(t, testing.AllocsPerRun(100, write))
}
