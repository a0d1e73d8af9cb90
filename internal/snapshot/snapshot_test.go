package snapshot

import (
	"context"
	"errors"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pipeline"
)

// note is a part that is a text.
type note struct{ name, text string }

func (n *note) Name() string          { return n.name }
func (n *note) Save() ([]byte, error) { return []byte(n.text), nil }
func (n *note) Restore(b []byte) error {
	if string(b) == "unreadable" {
		return errors.New("unreadable")
	}
	n.text = string(b)
	return nil
}

// host has a file_storage extension in a folder.
type host struct {
	component.Host
	extensions map[component.ID]component.Component
}

func (h host) GetExtensions() map[component.ID]component.Component { return h.extensions }

var (
	fileStorage = component.MustNewID("file_storage")
	processorID = component.MustNewID("api_traffic")
)

func newHost(t *testing.T, folder string) host {
	t.Helper()
	factory := filestorage.NewFactory()
	cfg := factory.CreateDefaultConfig().(*filestorage.Config)
	cfg.Directory = folder
	ext, err := factory.Create(context.Background(), extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(t, err)
	require.NoError(t, ext.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { assert.NoError(t, ext.Shutdown(context.Background())) })
	_ = ext
	return host{componenttest.NewNopHost(), map[component.ID]component.Component{
		fileStorage: ext, component.MustNewID("other"): nil,
	}}
}

func open(t *testing.T, h host, signal pipeline.Signal) *Store {
	t.Helper()
	s, err := Open(context.Background(), h, fileStorage, processorID, signal)
	require.NoError(t, err)
	return s
}

func TestPartsSurviveARestart(t *testing.T) {
	ctx, h := context.Background(), newHost(t, t.TempDir())
	a, b := &note{"a", "one"}, &note{"b", "two"}
	s := open(t, h, pipeline.SignalTraces)
	logs := open(t, h, pipeline.SignalLogs) // does not wait for the other's file
	written, err := s.Save(ctx, a, b)
	require.NoError(t, err)
	assert.Equal(t, 2, written)
	b.text = "three"
	written, err = s.Save(ctx, a, b)
	require.NoError(t, err)
	assert.Equal(t, 1, written, "what has not changed is not written")
	require.NoError(t, s.Close(ctx))
	require.NoError(t, logs.Close(ctx))

	s = open(t, h, pipeline.SignalTraces)
	a, b = &note{name: "a"}, &note{name: "b"}
	require.NoError(t, s.Load(ctx, a, b, &note{name: "never saved"}))
	assert.Equal(t, "one", a.text)
	assert.Equal(t, "three", b.text)
	written, err = s.Save(ctx, a, b)
	require.NoError(t, err)
	assert.Zero(t, written)
	require.NoError(t, s.Close(ctx))
}

func TestADamagedPartStartsFresh(t *testing.T) {
	ctx, h := context.Background(), newHost(t, t.TempDir())
	s := open(t, h, pipeline.SignalTraces)
	defer func() { assert.NoError(t, s.Close(ctx)) }()
	_, err := s.Save(ctx, &note{"good", "kept"}, &note{"bad", "text"}, &note{"odd", "unreadable"})
	require.NoError(t, err)
	value, err := s.client.Get(ctx, "bad")
	require.NoError(t, err)
	value = append([]byte(nil), value...)
	value[len(value)-1] ^= 1
	require.NoError(t, s.client.Set(ctx, "bad", value))
	require.NoError(t, s.client.Set(ctx, "short", []byte{format}))
	require.NoError(t, s.client.Set(ctx, "newer", append([]byte{format + 1}, value[1:]...)))

	good := &note{name: "good"}
	err = s.Load(ctx, &note{name: "bad"}, &note{name: "short"}, &note{name: "newer"}, &note{name: "odd"}, good)
	assert.ErrorContains(t, err, "bad starts fresh: the saved state is damaged")
	assert.ErrorContains(t, err, "short starts fresh: the saved state is of another format")
	assert.ErrorContains(t, err, "newer starts fresh: the saved state is of another format")
	assert.ErrorContains(t, err, "odd starts fresh: unreadable")
	assert.Equal(t, "kept", good.text)
}

func TestWithoutStorageNothingIsKept(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, componenttest.NewNopHost(), component.ID{}, processorID, pipeline.SignalTraces)
	require.NoError(t, err)
	require.NoError(t, s.Load(ctx, &note{name: "a"}))
	written, err := s.Save(ctx, &note{name: "a"})
	require.NoError(t, err)
	assert.Zero(t, written)
	require.NoError(t, s.Close(ctx))
}

func TestAWrongExtensionIsNamed(t *testing.T) {
	h := newHost(t, t.TempDir())
	_, err := Open(context.Background(), h, component.MustNewID("missing"), processorID, pipeline.SignalTraces)
	assert.ErrorContains(t, err, "missing is not there: define it under extensions")
	_, err = Open(context.Background(), h, component.MustNewID("other"), processorID, pipeline.SignalTraces)
	assert.ErrorContains(t, err, "other is no storage extension")
}
