package main

import (
	"cmp"
	"encoding/csv"
	"io"

	"github.com/spanwarden/spanwarden/internal/featurerow"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// rows writes vectors as CSV.
type rows struct {
	out    *csv.Writer
	maker  *featurerow.Maker
	labels *labels // may be nil
	row    []string
	count  int
}

// newRows reads all that the rows need but the calls; nothing is written yet.
func newRows(f *features) (*rows, error) {
	r := &rows{maker: featurerow.New(featurerow.Settings{
		ByService: f.by == "service", Services: f.services, Window: f.window, Period: f.period,
		MaxClients: maxClients, // as many as the tracker has
	})}
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
			err = r.maker.Rows(vectors, r.add)
		}
	}
	r.out.Flush()
	return cmp.Or(err, r.out.Error())
}

func (r *rows) header() []string {
	names := r.maker.Names()
	if r.labels != nil {
		names = append(names, "label", "attack")
	}
	return names
}

// add writes a row, with what was true of it.
func (r *rows) add(v *traffic.Vector, row []string) error {
	r.count++
	if r.labels == nil {
		return r.out.Write(row)
	}
	name, kind := r.labels.of(v)
	r.row = append(append(r.row[:0], row...), name, kind)
	return r.out.Write(r.row)
}
