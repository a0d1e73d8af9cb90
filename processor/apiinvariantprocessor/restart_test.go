package apiinvariantprocessor

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/spanwarden/spanwarden/processor/apiinvariantprocessor/internal/metadata"
	"github.com/spanwarden/spanwarden/processor/apiinvariantprocessor/internal/metadatatest"
)

type storageHost struct {
	component.Host
	storage component.Component
}

func (h storageHost) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{component.MustNewID("file_storage"): h.storage}
}

func newStorageHost(t *testing.T) storageHost {
	t.Helper()
	factory := filestorage.NewFactory()
	cfg := factory.CreateDefaultConfig().(*filestorage.Config)
	cfg.Directory = t.TempDir()
	ext, err := factory.Create(context.Background(), extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(t, err)
	require.NoError(t, ext.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { assert.NoError(t, ext.Shutdown(context.Background())) })
	return storageHost{componenttest.NewNopHost(), ext}
}

// sameID are settings of one and the same processor.
func sameID(set processor.Settings) processor.Settings {
	set.ID = component.NewID(metadata.Type)
	return set
}

func storedConfig(t *testing.T) *Config {
	t.Helper()
	cfg := shopConfig(t)
	cfg.Storage = component.MustNewID("file_storage")
	return cfg
}

// paidTwice is an order that is paid, and paid again after the restart that between makes.
func paidTwice(first *stage, next func() *stage) [3]int {
	s := newShop(1)
	s.order(1, 2, s.prices[2])
	s.pay(1, 1000, 200)
	first.soon(s)
	first.stop()
	second := next()
	s.at += time.Minute
	second.at = s.at
	s.pay(1, 1000, 200)
	second.soon(s)
	o := second.stop()
	return o.of("paid-once")
}

func TestWhatCallsShowedSurvivesARestart(t *testing.T) {
	host, cfg := newStorageHost(t), storedConfig(t)
	start := func() *stage { return newStageOn(t, cfg, sameID(nopSettings()), host) }
	assert.Equal(t, [3]int{0, 1, 0}, paidTwice(start(), start))
}

func TestWithoutTheStorageItIsUnknownAfterARestart(t *testing.T) {
	cfg := shopConfig(t)
	start := func() *stage { return newStage(t, cfg, nopSettings()) }
	assert.Equal(t, [3]int{0, 0, 1}, paidTwice(start(), start))
}

// memory is a storage extension that tells what is saved.
type memory struct {
	component.StartFunc
	component.ShutdownFunc
	storage.Client
	saved chan []byte
}

func (m *memory) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	return m, nil
}

func (m *memory) Set(_ context.Context, _ string, value []byte) error {
	m.saved <- value
	return nil
}

func TestItIsSavedWhileTheProcessorRuns(t *testing.T) {
	cfg := storedConfig(t)
	cfg.References.SaveInterval = time.Second
	cfg.Settle = leastSettle
	kept := &memory{Client: storage.NewNopClient(), saved: make(chan []byte, 10)}
	p, err := NewFactory().CreateTraces(t.Context(), sameID(nopSettings()), cfg, new(consumertest.TracesSink))
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), storageHost{componenttest.NewNopHost(), kept}))
	s := newShop(1)
	s.order(1, 2, 3)
	require.NoError(t, p.ConsumeTraces(t.Context(), batchOf(s.arriving(func(*shopSpan) time.Duration { return 0 })...)))
	for !bytes.Contains(<-kept.saved, []byte("orders")) { // as long as nobody had a turn
		continue
	}
	require.NoError(t, p.Shutdown(t.Context()))
}

func TestADamagedStorageIsToldAndBegunAnew(t *testing.T) {
	host, cfg := newStorageHost(t), storedConfig(t)
	telemetry := newTelemetry(t)
	first := newStageOn(t, cfg, sameID(nopSettings()), host)
	require.Equal(t, [3]int{0, 0, 1}, paidTwice(first, func() *stage {
		client, err := host.storage.(storage.Extension).GetClient(t.Context(), component.KindProcessor, component.NewID(metadata.Type), pipeline.SignalTraces.String())
		require.NoError(t, err)
		value, err := client.Get(t.Context(), "references")
		require.NoError(t, err)
		value[len(value)/2]++
		require.NoError(t, client.Set(t.Context(), "references", value))
		require.NoError(t, client.Close(t.Context()))
		return newStageOn(t, cfg, sameID(settingsOf(telemetry.NewTelemetrySettings())), host)
	}))
	metadatatest.AssertEqualProcessorAPIInvariantSaveErrors(t, telemetry, []metricdata.DataPoint[int64]{{Value: 1}}, valuesOnly...)
}

// fileOf is a file of what a shop's calls showed.
func fileOf(t *testing.T, cfg *Config, s *shop) string {
	t.Helper()
	stage := newStage(t, cfg, nopSettings())
	stage.soon(s)
	stage.stop()
	var state bytes.Buffer
	require.NoError(t, stage.chronicle.store.Save(&state))
	path := filepath.Join(t.TempDir(), "references.bin")
	require.NoError(t, os.WriteFile(path, state.Bytes(), 0o600))
	return path
}

func TestAFileIsWhatIsKnownAtTheStart(t *testing.T) {
	cfg := shopConfig(t)
	s := newShop(1)
	s.order(1, 2, 3)
	s.pay(1, 1000, 200)
	cfg.References.File = fileOf(t, cfg, s)
	before, err := os.ReadFile(cfg.References.File)
	require.NoError(t, err)
	require.NoError(t, cfg.Validate())
	stage := newStage(t, cfg, nopSettings())
	s.at += time.Minute
	stage.at = s.at
	s.pay(1, 1000, 200)
	stage.soon(s)
	o := stage.stop()
	assert.Equal(t, [3]int{0, 1, 0}, o.of("paid-once"))
	after, err := os.ReadFile(cfg.References.File)
	require.NoError(t, err)
	assert.Equal(t, before, after, "it is only read")
}

func TestOfTheFileAndTheStorageTheNewerOneCounts(t *testing.T) {
	for name, l := range map[string]struct {
		file, storage time.Duration // when the order was paid according to either
		want          string
	}{"file": {time.Hour, time.Minute, "file"}, "storage": {time.Minute, time.Hour, "storage"}} {
		t.Run(name, func(t *testing.T) {
			host, cfg := newStorageHost(t), storedConfig(t)
			showing := func(user int, at time.Duration) *shop {
				s := newShop(1)
				s.at = at
				s.order(user, 2, 3)
				return s
			}
			first := newStageOn(t, cfg, sameID(nopSettings()), host)
			first.soon(showing(1, l.storage))
			first.stop()
			plain := *cfg
			plain.Storage = component.ID{}
			cfg.References.File = fileOf(t, &plain, showing(2, l.file))
			second := newStageOn(t, cfg, sameID(nopSettings()), host)
			s := newShop(1)
			s.at = 2 * time.Hour
			second.at = s.at
			s.pay(map[string]int{"storage": 1, "file": 2}[l.want], 1000, 200)
			second.soon(s)
			o := second.stop()
			assert.Equal(t, [3]int{1, 0, 0}, o.of("paid-by-owner"))
		})
	}
}

func TestAFileThatCannotBeReadIsRefused(t *testing.T) {
	cfg := shopConfig(t)
	start := func() error {
		p, err := NewFactory().CreateTraces(t.Context(), processortest.NewNopSettings(metadata.Type), cfg, new(consumertest.TracesSink))
		require.NoError(t, err)
		err = p.Start(t.Context(), componenttest.NewNopHost())
		require.NoError(t, p.Shutdown(t.Context()))
		return err
	}
	cfg.References.File = filepath.Join(t.TempDir(), "nowhere")
	assert.ErrorContains(t, cfg.Validate(), "references: file: ")
	assert.ErrorContains(t, start(), "nowhere: no such file or directory: write it by spanwarden mine --references, or leave the setting out")

	cfg.References.File = t.TempDir()
	assert.ErrorContains(t, cfg.Validate(), "is no file: name one that spanwarden mine --references has written")

	cfg.References.File = filepath.Join(t.TempDir(), "damaged")
	require.NoError(t, os.WriteFile(cfg.References.File, []byte("something else"), 0o600))
	assert.NoError(t, cfg.Validate(), "its content is read at the start")
	assert.ErrorContains(t, start(), "damaged: this is not a snapshot of a reference store: write it anew by spanwarden mine --references")
	cfg.References.File = ""
	assert.NoError(t, start(), "nobody was left behind")
}

func TestAStorageThatIsNotThereIsRefused(t *testing.T) {
	p, err := NewFactory().CreateTraces(t.Context(), processortest.NewNopSettings(metadata.Type), storedConfig(t), new(consumertest.TracesSink))
	require.NoError(t, err)
	assert.ErrorContains(t, p.Start(t.Context(), componenttest.NewNopHost()), "storage: the extension file_storage is not there")
	require.NoError(t, p.Shutdown(t.Context()))
}
