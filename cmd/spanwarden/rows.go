package main

import (
	"cmp"
	"encoding/csv"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

var header = []string{
	"window_start", "service", "client",
	"inter_api_access", "api_access_unique", "total_calls", "max_api_call", "max_api_endpoint", "data_out", "num_failed",
	"num_server_failed", "distinct_endpoints", "session_length", "db_statements", "db_returned_rows", "db_time",
}

// rows writes vectors as CSV.
type rows struct {
	out       *csv.Writer
	byService bool
	count     int
}

func newRows(out io.Writer, byService bool) *rows {
	return &rows{out: csv.NewWriter(out), byService: byService}
}

// write writes the windows until there are no more; it goes on taking them
// after an error, so that nobody waits for it.
func (r *rows) write(windows <-chan *traffic.Window) error {
	err := r.out.Write(header)
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

// window writes the rows of one window, clients by name.
func (r *rows) window(vectors []traffic.Vector) error {
	if r.byService {
		vectors = vectors[:1]
	} else {
		vectors = vectors[1:]
		slices.SortFunc(vectors, func(a, b traffic.Vector) int {
			return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Client, b.Client))
		})
	}
	for i := range vectors {
		if vectors[i].TotalCalls == 0 && !(vectors[i].DBStatements > 0) {
			continue
		}
		if err := r.out.Write(fields(&vectors[i])); err != nil {
			return err
		}
		r.count++
	}
	return nil
}

func fields(v *traffic.Vector) []string {
	client := v.Client
	if v.Role == traffic.Overflow {
		client = traffic.OverflowClient
	}
	return []string{
		v.Start.Format(time.RFC3339), v.Service, client,
		number(v.InterAPIAccess), number(v.APIAccessUnique), whole(v.TotalCalls), whole(v.MaxAPICall), v.MaxAPIEndpoint.String(),
		number(v.DataOut), whole(v.NumFailed),
		whole(v.NumServerFailed), whole(v.DistinctEndpoints), number(v.SessionLength),
		number(v.DBStatements), number(v.DBReturnedRows), number(v.DBTime),
	}
}

// number is empty where a value is absent.
func number(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }
