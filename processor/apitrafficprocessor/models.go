package apitrafficprocessor

import (
	"context"
	"fmt"
	"sync/atomic"

	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/internal/ensemble"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/generalised"
	"github.com/spanwarden/spanwarden/internal/modelfile"
	"github.com/spanwarden/spanwarden/internal/reload"
)

// models are those that do not come from the traffic itself; nil where there is
// none.
type models struct {
	isolation, application *ensemble.Model
	generalised            *generalised.Model
}

// loadModels reads the model files that the configuration names. It tells of errors
// under the keys of these.
func (c *Config) loadModels(under func(key string, err error)) (m models) {
	var err error
	if path := c.IsolationForest.Model; path != "" && c.IsolationForest.Enabled {
		m.isolation, err = c.loadIsolation(path)
		under("isolation_forest: model", err)
	}
	if path := c.ApplicationForest.Model; path != "" {
		m.application, err = c.loadApplication(path)
		under("application_forest: model", err)
	}
	if c.GeneralisedForest.Enabled {
		m.generalised, err = loadGeneralised(c.GeneralisedForest.Model)
		under("generalised_forest: model", err)
	}
	return m
}

// loadGeneralised reads a model of sessions, the shipped one if the path is empty.
func loadGeneralised(path string) (*generalised.Model, error) {
	if path == "" {
		f, err := generalised.Shipped()
		if err != nil {
			return nil, err
		}
		return generalised.NewModel(f)
	}
	f, err := modelfile.Load(path)
	if err != nil {
		return nil, err
	}
	m, err := generalised.NewModel(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

func (c *Config) loadIsolation(path string) (*ensemble.Model, error) {
	f, err := modelfile.Load(path)
	if err != nil {
		return nil, err
	}
	if f.Kind != forest.IsolationForest {
		return nil, fmt.Errorf("%s is a %s: name an isolation forest here, and a classifier under application_forest", path, f.Kind)
	}
	return readied(path, f, nil)
}

func (c *Config) loadApplication(path string) (*ensemble.Model, error) {
	f, err := modelfile.Load(path)
	if err != nil {
		return nil, err
	}
	if f.Kind == forest.IsolationForest {
		return nil, fmt.Errorf("%s is an isolation forest: name a classifier here, and an isolation forest under isolation_forest", path)
	}
	return readied(path, f, c.ApplicationForest.AttackClasses)
}

func readied(path string, f *forest.Forest, attacks []string) (*ensemble.Model, error) {
	m, err := ensemble.NewModel(f, attacks)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// modelFile is a model file that is loaded anew when it changes.
type modelFile struct {
	path string
	load func(path string) (use func(), err error) // use is called on the judge's goroutine
	next atomic.Pointer[func()]
}

// takeUp uses what was loaded since the last time.
func (m *modelFile) takeUp() {
	if use := m.next.Swap(nil); use != nil {
		(*use)()
	}
}

// reloaded is a model file whose models are used so. A panic is an error: it comes
// on a goroutine that has nobody above it, of a file that somebody else wrote.
func reloaded[M any](path string, load func(path string) (M, error), take func(M)) *modelFile {
	return &modelFile{path: path, load: func(path string) (use func(), err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("%s: a defect in reading it, please report it: %v", path, r)
			}
		}()
		m, err := load(path)
		return func() { take(m) }, err
	}}
}

// watchModels begins to look at the model files.
func (w *watch) watchModels() {
	for _, m := range w.judge.files {
		loaded := func(use func()) {
			m.next.Store(&use)
			w.report.model(context.Background(), m.path, "loaded")
			w.logger.Info("Took up a changed model", zap.String("file", m.path))
		}
		refused := func(err error) {
			w.report.model(context.Background(), m.path, "refused")
			w.logger.Warn("Refused a changed model and kept the one before it", zap.String("file", m.path), zap.Error(err))
		}
		w.reloads = append(w.reloads, reload.Watch(m.path, w.config.ModelReloadInterval, m.load, loaded, refused))
		// Only from here on is a change noticed: there may have been one since the model was loaded. What the
		// watch has loaded in the meantime is as new or newer.
		if use, err := m.load(m.path); err == nil {
			m.next.CompareAndSwap(nil, &use)
		} else {
			refused(err)
		}
	}
}

// trainingFailed is told of a forest that could not be grown. A service is retrained
// once an hour, so every failure may have its line.
func (w *watch) trainingFailed(service string, err error) {
	w.report.trainingError(context.Background())
	w.logger.Warn("An isolation forest could not be grown; the one before stays in use", zap.String("service", service), zap.Error(err))
}
