package apicall

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// BenchmarkDetails reads spans as [BenchmarkSpan] does, so that the two can be compared: first the call, then
// everything that it carries.
func BenchmarkDetails(b *testing.B) {
	for _, bb := range detailBatches {
		b.Run(bb.name+"/call", func(b *testing.B) { benchmarkSpans(b, Settings{}, bb.add) })
		for name, want := range map[string]Want{"all": WantAll, "user and query": WantUser | WantQuery} {
			b.Run(bb.name+"/"+name, func(b *testing.B) {
				spans, d, into := makeSpans(b, bb.add), newDetailer(b, BodyNames{}), &Details{}
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					d.Read(spans[i].Attributes(), want, into)
					if i++; i == len(spans) {
						i = 0
					}
				}
			})
		}
	}
}

func BenchmarkParameters(b *testing.B) {
	forms := map[string]func(m pcommon.Map, i int){
		"none": func(pcommon.Map, int) {},
		"stable": func(m pcommon.Map, i int) {
			for j := range 1 + i%4 {
				m.PutStr(fmt.Sprintf("db.query.parameter.%d", j), fmt.Sprint(i*j))
			}
		},
		"array": func(m pcommon.Map, i int) {
			s := m.PutEmptySlice("pgx.query.parameters")
			for j := range 1 + i%4 {
				s.AppendEmpty().SetStr(fmt.Sprint(i * j))
			}
		},
		"JSON": func(m pcommon.Map, i int) { m.PutStr("db.postgresql.values", fmt.Sprintf(`["a %d\n",%d,null]`, i, i)) },
		"Python": func(m pcommon.Map, i int) {
			m.PutStr("db.statement.parameters", fmt.Sprintf(`('user-%d', %d, None)`, i, i))
		},
	}
	for name, add := range forms {
		b.Run(name, func(b *testing.B) {
			spans := makeSpans(b, func(batch *batch, i int) {
				batch.database()
				add(batch.last(), i)
			})
			n := 0
			each := func(key, value string) { n += len(key) + len(value) }
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				Parameters(spans[i].Attributes(), each)
				if i++; i == len(spans) {
					i = 0
				}
			}
		})
	}
}

func BenchmarkRouteParameters(b *testing.B) {
	gen := newBatch(5)
	var routes, paths []string
	for range benchSpans {
		path, route := gen.path()
		routes, paths = append(routes, route), append(paths, path)
	}
	n := 0
	each := func(name, value string) { n += len(name) + len(value) }
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		RouteParameters(routes[i], paths[i], each)
		if i++; i == len(routes) {
			i = 0
		}
	}
}
