// Package featurerow makes rows of text out of windows of traffic: what `spanwarden features` writes of recordings, what
// the api_baseline exporter writes in a pipeline, and what `spanwarden train` reads.
package featurerow

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/spanwarden/spanwarden/internal/feature"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

// Settings say what rows are of.
type Settings struct {
	ByService  bool          // a row for each service and not for each of its clients
	Services   []string      // those that rows are of; all if there are none
	Window     time.Duration // length of a window
	Period     time.Duration // how far back the features of a client's past look
	MaxClients int           // whose past is known at once
}

// Maker makes the rows of windows. It belongs to one goroutine.
type Maker struct {
	settings Settings
	columns  []column
	pasts    *trail.Book
	past     []trail.Past
	row      []string
}

// column is one number or text of a row.
type column struct {
	name string
	of   func(v *traffic.Vector, p *trail.Past) string
}

// New returns a maker.
func New(s Settings) *Maker {
	return &Maker{settings: s, columns: columnsOf(s.ByService), pasts: trail.New(s.Period, s.Window, s.MaxClients)}
}

// Names of the columns, in their order.
func (m *Maker) Names() []string {
	names := make([]string, len(m.columns))
	for i := range m.columns {
		names[i] = m.columns[i].name
	}
	return names
}

// Pasts are what is known of the clients' past, to be kept over a restart.
func (m *Maker) Pasts() *trail.Book { return m.pasts }

// Rows hands over the rows of a window, of which vectors are those of [traffic.Window.Vectors]: clients by name, the
// overflow last. Vectors are put into that order. Whoever did nothing has no row. A row is valid until each returns; the
// first error of that ends it. Windows of a service come in order.
func (m *Maker) Rows(vectors []traffic.Vector, each func(v *traffic.Vector, row []string) error) error {
	if len(vectors) == 0 || len(m.settings.Services) > 0 && !slices.Contains(m.settings.Services, vectors[0].Service) {
		return nil
	}
	vectors = m.chosen(vectors)
	for i := range vectors {
		v := &vectors[i]
		if v.TotalCalls == 0 && !(v.DBStatements > 0) {
			continue
		}
		m.row = m.row[:0]
		for c := range m.columns {
			m.row = append(m.row, m.columns[c].of(v, &m.past[i]))
		}
		if err := each(v, m.row); err != nil {
			return err
		}
	}
	return nil
}

// chosen are the vectors that have rows, each with its past.
func (m *Maker) chosen(vectors []traffic.Vector) []traffic.Vector {
	if m.settings.ByService {
		m.past = append(m.past[:0], trail.Past{})
		return vectors[:1]
	}
	vectors = vectors[1:]
	slices.SortFunc(vectors, func(a, b traffic.Vector) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Client, b.Client))
	})
	m.past = m.past[:0]
	if len(vectors) > 0 {
		m.past = m.pasts.Add(vectors[0].Service, vectors[0].Start, vectors, m.past)
	}
	return vectors
}

// columnsOf a row are all features, by their names, and what people want to know
// besides, beside what it belongs to. A service has no resources and no past.
func columnsOf(byService bool) []column {
	columns := []column{
		ofWindow("window_start", func(v *traffic.Vector) string { return v.Start.Format(time.RFC3339) }),
		ofWindow("service", func(v *traffic.Vector) string { return v.Service }),
		ofWindow("client", clientName),
	}
	all := feature.All()
	for i := range all {
		f := &all[i]
		columns = append(columns, column{f.Name, func(v *traffic.Vector, p *trail.Past) string { return number(f.Of(v, p)) }})
		switch f.Name {
		case "max_api_call":
			columns = append(columns, ofWindow("max_api_endpoint", func(v *traffic.Vector) string { return v.MaxAPIEndpoint.String() }))
		case "session_length":
			columns = append(columns,
				ofWindow("db_statements", func(v *traffic.Vector) string { return number(v.DBStatements) }),
				ofWindow("db_returned_rows", func(v *traffic.Vector) string { return number(v.DBReturnedRows) }),
				ofWindow("db_time", func(v *traffic.Vector) string { return number(v.DBTime) }),
			)
			if byService {
				return columns
			}
		}
	}
	return columns
}

func ofWindow(name string, of func(v *traffic.Vector) string) column {
	return column{name, func(v *traffic.Vector, _ *trail.Past) string { return of(v) }}
}

func clientName(v *traffic.Vector) string {
	if v.Role == traffic.Overflow {
		return traffic.OverflowClient
	}
	return v.Client
}

// number is empty where a value is absent.
func number(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}
