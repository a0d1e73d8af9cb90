package main

import (
	"cmp"
	"encoding/csv"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/spanwarden/spanwarden/internal/feature"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

// column is one number or text of a row.
type column struct {
	name string
	of   func(v *traffic.Vector, p *trail.Past) string
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

// rows writes vectors as CSV.
type rows struct {
	out       *csv.Writer
	byService bool
	services  []string // whose rows are written; all if there are none
	labels    *labels  // may be nil
	pasts     *trail.Book
	columns   []column
	past      []trail.Past
	count     int
}

// newRows reads all that the rows need but the calls; nothing is written yet.
func newRows(f *features) (*rows, error) {
	byService := f.by == "service"
	r := &rows{
		byService: byService, services: f.services, columns: columnsOf(byService),
		pasts: trail.New(f.period, f.window, maxClients), // as many as the tracker has
	}
	var err error
	if f.truth != "" {
		r.labels, err = readLabels(f.truth, f.window)
	}
	return r, err
}

// write writes the windows until there are no more; it goes on taking them
// after an error, so that nobody waits for it.
func (r *rows) write(out io.Writer, windows <-chan *traffic.Window) error {
	r.out = csv.NewWriter(out)
	err := r.out.Write(r.header())
	var vectors []traffic.Vector
	for w := range windows {
		vectors = w.Vectors(vectors[:0])
		w.Release()
		if err == nil {
			err = r.window(vectors)
		}
	}
	r.out.Flush()
	return cmp.Or(err, r.out.Error())
}

func (r *rows) header() []string {
	var names []string
	for i := range r.columns {
		names = append(names, r.columns[i].name)
	}
	if r.labels != nil {
		names = append(names, "label", "attack")
	}
	return names
}

// window writes the rows of one window, clients by name.
func (r *rows) window(vectors []traffic.Vector) error {
	if len(r.services) > 0 && !slices.Contains(r.services, vectors[0].Service) {
		return nil
	}
	if r.byService {
		vectors = vectors[:1]
		r.past = append(r.past[:0], trail.Past{})
	} else {
		vectors = vectors[1:]
		slices.SortFunc(vectors, func(a, b traffic.Vector) int {
			return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Client, b.Client))
		})
		if len(vectors) > 0 {
			r.past = r.pasts.Add(vectors[0].Service, vectors[0].Start, vectors, r.past[:0])
		}
	}
	for i := range vectors {
		if vectors[i].TotalCalls == 0 && !(vectors[i].DBStatements > 0) {
			continue
		}
		if err := r.out.Write(r.fields(vectors, i)); err != nil {
			return err
		}
		r.count++
	}
	return nil
}

func (r *rows) fields(vectors []traffic.Vector, i int) []string {
	row := make([]string, 0, len(r.columns)+2)
	for c := range r.columns {
		row = append(row, r.columns[c].of(&vectors[i], &r.past[i]))
	}
	if r.labels != nil {
		name, kind := r.labels.of(&vectors[i])
		row = append(row, name, kind)
	}
	return row
}

// number is empty where a value is absent.
func number(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}
