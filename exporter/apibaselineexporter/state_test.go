package apibaselineexporter

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/internal/snapshot"
)

var fileStorage = component.MustNewID("file_storage")

type storageHost struct {
	component.Host
	storage component.Component
}

func (h storageHost) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{fileStorage: h.storage}
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

// memory is a storage extension whose values can be looked at and spoilt.
type memory struct {
	component.Component
	mu      sync.Mutex
	values  map[string][]byte
	clients []string
	full    int // keys that can be set before it refuses, 0 for all
}

func newMemory() *memory { return &memory{values: make(map[string][]byte)} }

func (m *memory) host() component.Host { return storageHost{componenttest.NewNopHost(), m} }

func (m *memory) GetClient(_ context.Context, kind component.Kind, id component.ID, name string) (storage.Client, error) {
	m.clients = append(m.clients, fmt.Sprintf("%s %s %s", kind, id, name))
	return m, nil
}

func (m *memory) Get(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[key], nil
}

func (m *memory) Set(_ context.Context, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.full > 0 {
		if m.full--; m.full == 0 {
			m.full = 1
			return io.ErrShortWrite
		}
	}
	m.values[key] = bytes.Clone(value)
	return nil
}

func (m *memory) Delete(_ context.Context, key string) error {
	delete(m.values, key)
	return nil
}
func (m *memory) Batch(context.Context, ...*storage.Operation) error { return io.ErrClosedPipe }
func (m *memory) Close(context.Context) error                        { return nil }
func (m *memory) Walk(context.Context, storage.WalkFunc) error       { return io.ErrClosedPipe }
func (m *memory) keys() []string                                     { return slices.Sorted(maps.Keys(m.values)) }

func stored(c *Config) { c.Storage = fileStorage }

func TestWhatWasLearnedSurvivesARestart(t *testing.T) {
	host, folder := newStorageHost(t), t.TempDir()
	before := startBench(t, options{host: host, folder: folder, change: stored})
	before.send(checkout(1, 1))
	before.stop()
	after := startBench(t, options{host: host, folder: folder, change: stored})
	assert.Equal(t, before.pupil.taught(), after.pupil.taught())
	after.send(newTrace(2).call("other", 10, 0, nil).td)
	after.stop()
	assert.Equal(t, []string{"shop 1*>3 3+SELECT", "other 10*"}, after.pupil.taught())
	assert.Contains(t, after.content("invariants.yaml"), "rule-2")
	assert.Empty(t, after.content("invariants.yaml.previous"), "it is gone on from")
	assert.Empty(t, after.said(zap.WarnLevel))

	last := startBench(t, options{host: host, folder: folder, change: func(c *Config) { stored(c); c.Report = c.Invariants + ".md" }})
	last.send(newTrace(3).call("third", 20, 0, nil).td)
	last.stop()
	assert.Contains(t, last.content("invariants.yaml.md"), "* services: `orders` (1 call), `other` (1 call), `shop` (1 call), `third` (1 call)", "also what it was learned from")
}

func TestAllSignalsHaveOneClient(t *testing.T) {
	m := newMemory()
	b := startBench(t, options{host: m.host(), change: stored})
	b.stop()
	assert.Equal(t, []string{"Exporter api_baseline baseline"}, m.clients)
}

// Without a storage, or if it is damaged, what was written before is not lost at once.
func TestWhatARunBeforeHasWrittenIsKeptOnce(t *testing.T) {
	folder := t.TempDir()
	first := startBench(t, options{folder: folder})
	first.send(checkout(1, 1))
	first.stop()
	old := first.content("invariants.yaml")
	assert.Empty(t, first.said(zap.WarnLevel))
	second := startBench(t, options{folder: folder, change: func(c *Config) { c.WriteInterval = time.Second }})
	second.send(newTrace(2).call("other", 10, 0, nil).td)
	second.pass(15 * time.Second)
	second.await(func() bool { traces, _ := second.watch.order.waits(); return traces == 1 })
	second.pass(15 * time.Second)
	second.await(func() bool { return strings.Contains(second.content("invariants.yaml"), "/other") })
	second.sendLogs(accessLog(line(59, "/a")))
	second.stop()
	assert.Equal(t, old, second.content("invariants.yaml.previous"), "and not the one that this run wrote first")
	assert.Contains(t, second.content("invariants.yaml"), "/site")
	require.Len(t, second.said(zap.WarnLevel), 1)
	assert.Contains(t, second.said(zap.WarnLevel)[0], "Give a storage to go on after a restart")
}

// spoil has a run save, spoils what it saved, and returns the next run.
func spoil(t *testing.T, how func(m *memory)) *bench {
	t.Helper()
	m, folder := newMemory(), t.TempDir()
	before := startBench(t, options{host: m.host(), folder: folder, change: stored})
	before.send(checkout(1, 1))
	before.stop()
	require.Equal(t, []string{"learned.1.0", "manifest"}, m.keys())
	how(m)
	return startBench(t, options{host: m.host(), folder: folder, change: stored})
}

func TestADamagedStateBeginsAnew(t *testing.T) {
	for name, how := range map[string]func(m *memory){
		"manifest":   func(m *memory) { m.values["manifest"][40] ^= 1 },
		"content":    func(m *memory) { v := m.values["learned.1.0"]; v[len(v)-1] ^= 1 },
		"missing":    func(m *memory) { delete(m.values, "learned.1.0") },
		"other time": func(m *memory) { saved(t, m, &piece{generation: 3, content: []byte("[]")}) },
		"unreadable": func(m *memory) { saved(t, m, &piece{generation: 1, content: []byte("{")}) },
		"keys":       func(m *memory) { saved(t, m, rawPart{"manifest", `{"generation": 1, "keys": 99999999}`}) },
		"no JSON":    func(m *memory) { saved(t, m, rawPart{"manifest", `{"generation": `}) },
	} {
		t.Run(name, func(t *testing.T) {
			b := spoil(t, how)
			assert.Empty(t, b.pupil.taught())
			require.Len(t, b.said(zap.WarnLevel), 1)
			assert.Contains(t, b.said(zap.WarnLevel)[0], "could not be read: learning begins anew")
			assert.Zero(t, b.watch.calendar.now())
			b.send(checkout(2, 50))
			b.stop()
			assert.Len(t, b.pupil.taught(), 1)
			assert.NotEmpty(t, b.content("invariants.yaml.previous"))
		})
	}
}

// rawPart is a part that is a text.
type rawPart struct{ name, text string }

func (p rawPart) Name() string          { return p.name }
func (p rawPart) Save() ([]byte, error) { return []byte(p.text), nil }
func (p rawPart) Restore([]byte) error  { return nil }

func saved(t *testing.T, m *memory, p snapshot.Part) {
	t.Helper()
	s, err := snapshot.OpenNamed(t.Context(), m.host(), fileStorage, component.KindExporter, component.MustNewID("x"), "x")
	require.NoError(t, err)
	_, err = s.Save(t.Context(), p)
	require.NoError(t, err)
}

// A storage that is full in the middle of a save leaves what was saved before.
func TestAHalfSaveLeavesTheOneBefore(t *testing.T) {
	m, folder := newMemory(), t.TempDir()
	before := startBench(t, options{host: m.host(), folder: folder, change: stored})
	before.pupil.Taught = []string{strings.Repeat("x", 3*keyBytes)}
	before.send(checkout(1, 1))
	before.stop()
	require.Equal(t, []string{"learned.1.0", "learned.1.1", "learned.1.2", "learned.1.3", "manifest"}, m.keys())
	for full := 1; full <= 4; full++ {
		during := startBench(t, options{host: m.host(), folder: folder, change: stored})
		require.Equal(t, before.pupil.taught(), during.pupil.taught())
		during.send(checkout(2, 50))
		m.full = full
		during.stop()
		assert.Contains(t, during.said(zap.WarnLevel), "What was learned could not be saved")
		m.full = 0
	}
	after := startBench(t, options{host: m.host(), folder: folder, change: stored})
	assert.Equal(t, before.pupil.taught(), after.pupil.taught())
	after.send(checkout(2, 50))
	after.stop()
	assert.Contains(t, m.keys(), "learned.0.3", "the next one goes elsewhere")
}

func TestPiecesAreReadAsTheyWereWritten(t *testing.T) {
	m := newMemory()
	s, err := snapshot.OpenNamed(t.Context(), m.host(), fileStorage, component.KindExporter, component.MustNewID("x"), "x")
	require.NoError(t, err)
	for _, size := range []int{0, 1, keyBytes - 1, keyBytes, keyBytes + 1, 3*keyBytes + 17} {
		content := bytes.Repeat([]byte("0123456789abcdefg"), size/17+1)[:size]
		out := &pieceWriter{ctx: t.Context(), store: s, piece: piece{generation: 8}}
		for rest := content; len(rest) > 0; {
			n := min(len(rest), 1000)
			_, err := out.Write(rest[:n])
			require.NoError(t, err)
			rest = rest[n:]
		}
		require.NoError(t, out.next())
		assert.Equal(t, int64(size), out.bytes)
		in := &pieceReader{ctx: t.Context(), store: s, piece: piece{generation: 8}, keys: out.piece.number}
		got, err := io.ReadAll(in)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(content, got), size)
	}
	for _, value := range m.values {
		assert.LessOrEqual(t, len(value), keyBytes+100)
	}
}

func TestTooMuchIsNotSaved(t *testing.T) {
	m := newMemory()
	s, err := snapshot.OpenNamed(t.Context(), m.host(), fileStorage, component.KindExporter, component.MustNewID("x"), "x")
	require.NoError(t, err)
	out := &pieceWriter{ctx: t.Context(), store: s, piece: piece{number: mostKeys, content: make([]byte, keyBytes)}}
	_, err = out.Write([]byte("x"))
	assert.ErrorContains(t, err, "what was learned is more than 1024 MiB, which is the most that is saved")
}

func TestAMissingStorageIsNamed(t *testing.T) {
	b := newBench(t, options{change: stored})
	require.ErrorContains(t, b.start(nil), "storage: the extension file_storage is not there: define it under extensions")
	b.stop()
}
