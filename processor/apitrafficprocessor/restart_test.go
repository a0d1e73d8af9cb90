package apitrafficprocessor

import (
	"context"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/spanwarden/spanwarden/processor/apitrafficprocessor/internal/metadata"
)

type storageHost struct {
	component.Host
	storage component.Component
}

func (h storageHost) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{component.MustNewID("file_storage"): h.storage}
}

func newStorageHost(t *testing.T) component.Host {
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
func sameID() processor.Settings {
	set := processortest.NewNopSettings(metadata.Type)
	set.ID = component.NewID(metadata.Type)
	return set
}

func TestBaselinesAndAlarmsSurviveARestart(t *testing.T) {
	host := newStorageHost(t)
	cfg := defaults()
	cfg.Storage = component.MustNewID("file_storage")

	before := startBench(t, cfg, host, sameID())
	before.minutes(30, 40, "192.0.2.1")
	before.stop()
	require.Empty(t, before.told())

	// A flood in the first whole minute after the restart is found without another warm-up.
	during := startBench(t, cfg, host, sameID())
	during.to(before.minute + 5)
	during.lastSpan = before.lastSpan
	during.minutes(1, 40, "192.0.2.1")
	during.minutes(3, 4000, "203.0.113.9")
	during.stop()
	require.Equal(t, []string{"begun total_calls "}, during.told())

	// It goes on after a second one: nothing new, and its end is told.
	after := startBench(t, cfg, host, sameID())
	after.to(during.minute)
	after.lastSpan = during.lastSpan
	after.minutes(3, 4000, "203.0.113.9")
	after.minutes(4, 40, "192.0.2.1")
	after.stop()
	assert.Equal(t, []string{"ended total_calls "}, after.told())
}

func TestWithoutTheStorageItIsNewAfterARestart(t *testing.T) {
	before := newBench(t, defaults())
	before.minutes(30, 40, "192.0.2.1")
	before.stop()
	after := newBench(t, defaults())
	after.to(before.minute)
	after.lastSpan = before.lastSpan
	after.minutes(1, 40, "192.0.2.1")
	after.minutes(3, 4000, "203.0.113.9")
	after.stop()
	assert.Empty(t, after.told(), "the detector warms up")
}
