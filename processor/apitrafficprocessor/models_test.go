package apitrafficprocessor

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/generalised"
	"github.com/spanwarden/spanwarden/internal/modelfile"
)

// split is a forest of one tree: rows whose feature is at most the threshold are
// normal, the others attacks.
func split(feature string, threshold float32) *forest.Forest {
	return &forest.Forest{
		Kind: forest.RandomForest, Features: []string{feature}, Classes: []string{"attack", "normal"},
		Trees: []forest.Tree{{
			Output: forest.AllOutputs, Values: []float64{0, 1, 1, 0},
			Nodes: []forest.Node{
				{Threshold: threshold, Next: 1, Cover: 10},
				{Feature: forest.Leaf, Next: 0, Cover: 9},
				{Feature: forest.Leaf, Next: 1, Cover: 1},
			},
		}},
	}
}

func saved(t *testing.T, path string, f *forest.Forest) string {
	t.Helper()
	require.NoError(t, modelfile.Save(path, f))
	return path
}

func TestModelsThatCannotWorkAreRefusedAtTheStart(t *testing.T) {
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	text := func(name, text string) string {
		require.NoError(t, os.WriteFile(file(name), []byte(text), 0o600))
		return file(name)
	}
	good := saved(t, file("good.json"), split("total_calls", 40))
	isolation := split("total_calls", 40)
	isolation.Kind, isolation.Classes, isolation.SampleSize = forest.IsolationForest, nil, 10
	isolation.Trees[0].Values = []float64{4, 1}
	saved(t, file("isolation.json"), isolation)
	saved(t, file("foreign.json"), split("num_users", 1))

	application := func(path string) *Config { c := defaults(); c.ApplicationForest.Model = path; return c }
	isolating := func(path string) *Config { c := defaults(); c.IsolationForest.Model = path; return c }
	sessions := func(path string) *Config {
		c := defaults()
		c.GeneralisedForest.Enabled, c.GeneralisedForest.Model = true, path
		return c
	}
	for name, tt := range map[string]struct {
		config *Config
		want   []string
	}{
		"missing":       {application(file("none.json")), []string{"application_forest: model: ", "none.json"}},
		"no model":      {application(text("text.json", "hello")), []string{"application_forest: model: ", "text.json"}},
		"foreign":       {application(file("foreign.json")), []string{"foreign.json", `there is no feature "num_users": choose from inter_api_access`}},
		"wrong kind":    {application(file("isolation.json")), []string{"isolation.json is an isolation forest: name a classifier here"}},
		"no isolation":  {isolating(good), []string{"isolation_forest: model: ", "good.json is a random_forest: name an isolation forest here"}},
		"not sessions":  {sessions(file("foreign.json")), []string{"generalised_forest: model: ", "foreign.json", "num_users"}},
		"threshold":     {func() *Config { c := application(good); c.ApplicationForest.Threshold = 2; return c }(), []string{"application_forest: threshold is 2"}},
		"other classes": {func() *Config { c := application(good); c.ApplicationForest.AttackClasses = []string{"bot"}; return c }(), []string{"good.json: the model knows the classes attack, normal, and attack_classes says bot"}},
	} {
		err := validateConfig(tt.config)
		for _, want := range tt.want {
			assert.ErrorContains(t, err, want, name)
		}
	}
	for _, c := range []*Config{application(good), isolating(file("isolation.json")), sessions("")} {
		assert.NoError(t, validateConfig(c))
	}
}

func TestAChangedModelIsTakenUpAndABrokenOneIsNot(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.Background())) })
	path := saved(t, filepath.Join(t.TempDir(), "model.json"), split("total_calls", 1000))
	cfg := defaults()
	cfg.ApplicationForest.Model, cfg.ApplicationForest.WarmUp = path, 1
	cfg.EntryServices = []string{"shop"}
	cfg.ModelReloadInterval = time.Second
	b := startBench(t, cfg, componenttest.NewNopHost(), settingsOf(telemetry.NewTelemetrySettings()))
	reloads := func(outcome string) int64 {
		return counter(t, telemetry, "otelcol_processor_api_traffic_model_reloads", "outcome", outcome)
	}

	b.minutes(5, 100, "192.0.2.1", "192.0.2.2")
	require.Eventually(t, func() bool {
		return counter(t, telemetry, "otelcol_processor_api_traffic_windows", "outcome", "judged") >= 4
	}, 20*time.Second, 10*time.Millisecond, "the first model has judged")
	saved(t, path, split("total_calls", 40))
	require.Eventually(t, func() bool { return reloads("loaded") == 1 }, 20*time.Second, 10*time.Millisecond)
	b.minutes(5, 100, "192.0.2.1", "192.0.2.2")
	require.NoError(t, os.WriteFile(path, []byte(`{"format":"spanwarden.forest"`), 0o600))
	require.Eventually(t, func() bool { return reloads("refused") == 1 }, 20*time.Second, 10*time.Millisecond)
	b.minutes(2, 100, "192.0.2.1", "192.0.2.2")
	b.minutes(5, 100, "192.0.2.3", "192.0.2.4")
	b.stop()

	told := b.told()
	for _, client := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"} {
		assert.Contains(t, told, "begun application_forest "+client)
	}
	begun := b.anomalies()[0].StartTimestamp().AsTime()
	assert.False(t, begun.Before(noon.Add(5*time.Minute)), "nobody was accused by the first model, but at %v", begun)
}

// TestADetectorGoesOnWithTheModelOfSessionsThatItHas: one that does not fit gets no
// further than the file.
func TestADetectorGoesOnWithTheModelOfSessionsThatItHas(t *testing.T) {
	path := saved(t, filepath.Join(t.TempDir(), "model.json"), split("sequence_length(count)", 30))
	took := 0
	file := reloaded(path, loadGeneralised, func(m *generalised.Model) {
		require.NotNil(t, m)
		took++
	})
	load := func() error { // as the watcher of a file does
		use, err := file.load(path)
		if err == nil {
			file.next.Store(&use)
		}
		return err
	}
	require.NoError(t, load())
	file.takeUp()
	file.takeUp()
	assert.Equal(t, 1, took)
	saved(t, path, split("num_users", 1))
	assert.ErrorContains(t, load(), "num_users")
	file.takeUp()
	assert.Equal(t, 1, took)
}
