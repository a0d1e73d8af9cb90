package apibaselineexporter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/minereport"
	"github.com/spanwarden/spanwarden/internal/rulefile"
	"github.com/spanwarden/spanwarden/internal/wholefile"
)

// write writes the files, if anything was learned since they were written last.
func (w *watch) write(ctx context.Context) {
	if w.rows != nil {
		w.rows.flush()
	}
	l := w.lesson
	if l == nil || l.tally.Calls == l.written {
		return
	}
	began := time.Now()
	if !l.kept && l.fresh {
		w.keepPrevious()
		l.kept = true
	}
	var result *baseline.Result
	if !w.guard.Do(ctx, func() { result = l.learner.Result() }) {
		return
	}
	w.report.learned(result)
	done := true
	for _, o := range w.config.outputs() {
		if fill := w.filler(o.key, result); fill != nil {
			done = w.writeFile(ctx, o, fill) && done
		}
	}
	if done {
		l.written = l.tally.Calls
	}
	w.report.wrote(ctx, time.Since(began))
}

// filler writes what is in a file; nil for one that grows by itself.
func (w *watch) filler(key string, result *baseline.Result) func(io.Writer) error {
	switch key {
	case "references":
		return w.lesson.learner.SaveReferences
	case "invariants":
		return func(out io.Writer) error { return rulefile.Write(out, result.File) }
	case "report":
		return func(out io.Writer) error { return minereport.Write(out, w.reportOf(result)) }
	}
	return nil
}

// writeFile writes a file, and tells whether it could.
func (w *watch) writeFile(ctx context.Context, o output, fill func(io.Writer) error) bool {
	err := errors.New("a defect came to light")
	w.guard.Do(ctx, func() { err = wholefile.Write(o.path, fill) })
	w.report.file(ctx, o.path, w.now(), err)
	if err != nil {
		w.logger.Warn("A file was not written and is as it was", zap.String("file", o.path), zap.Error(err))
	}
	return err == nil
}

// previous is the end of the name of what a run before had written.
const previous = ".previous"

// keepPrevious sets aside what a run before has written and this one cannot go on from: it takes a while until as much is
// learned again.
func (w *watch) keepPrevious() {
	for _, o := range w.config.outputs() {
		if o.key == "features" {
			continue
		}
		err := copyFile(o.path, o.path+previous)
		switch {
		case err == nil:
			w.logger.Warn("What was learned before is not known any more, so that learning begins anew: the file of then is kept. "+
				"Give a storage to go on after a restart", zap.String("file", o.path+previous))
		case !errors.Is(err, os.ErrNotExist):
			w.logger.Warn("The file of a run before could not be kept", zap.String("file", o.path), zap.Error(err))
		}
	}
}

func copyFile(from, to string) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	return wholefile.Write(to, func(out io.Writer) error {
		_, err := io.Copy(out, file)
		return err
	})
}

// reportOf is what the report tells.
func (w *watch) reportOf(result *baseline.Result) *minereport.Report {
	r := &minereport.Report{
		Traffic: w.lesson.tally.traffic(), Result: result, Live: true,
		Settings: []string{fmt.Sprintf("learned in a pipeline, by %s", w.id)},
	}
	if p := w.settings.period; p.length != 0 {
		first := time.Unix(0, w.calendar.now().First).UTC()
		r.Settings = append(r.Settings, fmt.Sprintf("learning began at %s and ends %v after that", first.Format(time.RFC3339), time.Duration(p.length)))
	}
	if p := w.settings.period; p.until != 0 {
		r.Settings = append(r.Settings, "learning ends at "+time.Unix(0, p.until).UTC().Format(time.RFC3339))
	}
	return r
}
