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

var header = []string{
	"window_start", "service", "client",
	"inter_api_access", "api_access_unique", "total_calls", "max_api_call", "max_api_endpoint", "data_out", "num_failed",
	"num_server_failed", "distinct_endpoints", "session_length", "db_statements", "db_returned_rows", "db_time",
}

// later are the features whose columns come after those of the header.
var later = []string{
	"distinct_resources", "period_calls", "period_failed", "period_windows", "period_endpoints", "period_resources",
	"calls_per_endpoint", "resources_per_endpoint", "failed_ratio",
}

// rows writes vectors as CSV.
type rows struct {
	out       *csv.Writer
	byService bool
	services  []string // whose rows are written; all if there are none
	labels    *labels  // may be nil
	pasts     *trail.Book
	later     []feature.Feature
	past      []trail.Past
	count     int
}

func newRows(out io.Writer, f *features) (*rows, error) {
	// As many clients as the tracker has.
	r := &rows{
		out: csv.NewWriter(out), byService: f.by == "service", services: f.services,
		pasts: trail.New(f.period, f.window, maxClients),
	}
	var err error
	if !r.byService { // a service has no past
		if r.later, err = feature.Named(later); err != nil {
			return nil, err
		}
	}
	if f.truth != "" {
		r.labels, err = readLabels(f.truth, f.window)
	}
	return r, err
}

// write writes the windows until there are no more; it goes on taking them
// after an error, so that nobody waits for it.
func (r *rows) write(windows <-chan *traffic.Window) error {
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
	names := slices.Clone(header)
	for i := range r.later {
		names = append(names, r.later[i].Name)
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
	v := &vectors[i]
	client := v.Client
	if v.Role == traffic.Overflow {
		client = traffic.OverflowClient
	}
	row := []string{
		v.Start.Format(time.RFC3339), v.Service, client,
		number(v.InterAPIAccess), number(v.APIAccessUnique), whole(v.TotalCalls), whole(v.MaxAPICall), v.MaxAPIEndpoint.String(),
		number(v.DataOut), whole(v.NumFailed),
		whole(v.NumServerFailed), whole(v.DistinctEndpoints), number(v.SessionLength),
		number(v.DBStatements), number(v.DBReturnedRows), number(v.DBTime),
	}
	for f := range r.later {
		row = append(row, number(r.later[f].Of(v, &r.past[i])))
	}
	if r.labels != nil {
		name, kind := r.labels.of(v)
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

func whole(n int64) string { return strconv.FormatInt(n, 10) }
