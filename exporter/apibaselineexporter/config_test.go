package apibaselineexporter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

func load(t *testing.T, name string) *Config {
	t.Helper()
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	sub, err := all.Sub(component.MustNewIDWithName("api_baseline", name).String())
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, sub.Unmarshal(cfg))
	return cfg
}

func TestConfigs(t *testing.T) {
	for _, name := range []string{"book", "features", "all"} {
		assert.NoError(t, confmap.Validate(load(t, name)), name)
	}
	all := load(t, "all")
	s, err := all.compile()
	require.NoError(t, err)
	until := time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC)
	assert.Equal(t, period{length: int64(7 * 24 * time.Hour), until: until.UnixNano()}, s.period)
	learning := baseline.DefaultSettings()
	learning.Tolerance, learning.HoldOut, learning.Novelty = 0.02, 0.2, false
	assert.Equal(t, learning, all.Learn.learning())
	assert.Equal(t, int64(4<<20), s.tree.MaxBytes+s.order.bytes, "the two share the memory")
	assert.Equal(t, rowFileSettings{path: "testdata/rows.csv", maxBytes: 1 << 20, backups: 2}, s.file)
	assert.Equal(t, component.MustNewID("file_storage"), all.Storage)
}

func TestImpossibleSettingsAreRefusedByName(t *testing.T) {
	for name, messages := range map[string][]string{
		"":          {"nothing would be written: give the path of a file under invariants, references, report or features"},
		"folder":    {"report: the folder testdata/nowhere is not there: make it"},
		"file":      {"report: testdata/config.yaml is no folder: name a file in one"},
		"directory": {"invariants: testdata is no file: name one"},
		"same":      {"references and invariants both name testdata/../testdata/a.yaml: give each a file of its own"},
		"write":     {"write_interval is 10ms: use a value from 1s to 24h0m0s"},
		"save":      {"save_interval is 0s: use a value of at least 1s"},
		"settle":    {"settle is 0s: use a value from 50ms to 1h0m0s"},
		"client":    {"client_key is empty: name at least one attribute, such as client.address"},
		"body":      {"max_body_bytes is 0: use a value from 1 to 16777216", "request body: "},
		"proxies":   {`trusted_proxies: "everywhere" is no address range: write it as 10.0.0.0/8 or 192.0.2.7`},
		"ignore":    {`ignore: clients: "10.0.0.0/33" is no address range`},
		"period":    {"learn: period is -1s: use a value of at least 0s, which is for ever"},
		"year":      {"learn: until is 2500-01-01T00:00:00Z: use a time between 1970 and 2261"},
		"tolerance": {"learn: the tolerance is 0.5: use a value from 0 to 0.2"},
		"limits": {
			"limits: max_statements is 0: use a value from 1 to 16777216", "limits: max_traces is 99999999: use a value from 1 to 16777216",
			"limits: max_bytes is 5: use a value of at least 1048576",
		},
		"wait": {"limits: max_wait is 1s: use a value from settle, which is 10s, to 24h0m0s"},
		"windows": {
			"windows: window is 10ms: use a value from 1s to 1h0m0s", "windows: max_file_bytes is 1: use a value of at least 65536",
			"windows: max_backups is -1: use a value from 0 to 1000", "windows: max_clients is 0: use a value from 1 to",
		},
		"past": {"windows: period is 5h0m0s: use a value from window, which is 1m0s, to 4h0m0s"},
	} {
		err := confmap.Validate(load(t, name))
		for _, message := range messages {
			assert.ErrorContains(t, err, message, name)
		}
	}
}

func TestOneFileUnderTwoNamesIsFound(t *testing.T) {
	folder := t.TempDir()
	there, link := filepath.Join(folder, "there"), filepath.Join(folder, "link")
	require.NoError(t, os.Mkdir(there, 0o700))
	require.NoError(t, os.Symlink(there, link))
	cfg := createDefaultConfig().(*Config)
	cfg.Invariants, cfg.Report = filepath.Join(there, "a"), filepath.Join(link, "a")
	assert.ErrorContains(t, cfg.Validate(), "invariants and report both name")
	cfg.Report = filepath.Join(link, "b")
	require.NoError(t, cfg.Validate())
	require.NoError(t, os.WriteFile(cfg.Invariants, nil, 0o600))
	require.NoError(t, os.Symlink(cfg.Invariants, cfg.Report))
	assert.ErrorContains(t, cfg.Validate(), "invariants and report both name")
}

func TestATimeIsReadWithAndWithoutQuotes(t *testing.T) {
	want := time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC)
	for _, text := range []any{want, "2026-03-08T00:00:00Z", "2026-03-08T01:00:00+01:00"} {
		cfg := createDefaultConfig().(*Config)
		conf := confmap.NewFromStringMap(map[string]any{"invariants": "testdata/a.yaml", "learn": map[string]any{"until": text}})
		require.NoError(t, conf.Unmarshal(cfg))
		assert.True(t, want.Equal(cfg.Learn.Until))
	}
	conf := confmap.NewFromStringMap(map[string]any{"learn": map[string]any{"until": "tomorrow"}})
	assert.ErrorContains(t, conf.Unmarshal(createDefaultConfig()), `"tomorrow"`)
}

// Windows count for nothing while no rows are made of them.
func TestWindowsAreLookedAtForFeaturesOnly(t *testing.T) {
	cfg := load(t, "windows")
	cfg.Features, cfg.Invariants = "", "testdata/a.yaml"
	assert.NoError(t, cfg.Validate())
}

// TestDefaultsAreThoseOfThePackages keeps the two places where a default is written from drifting apart.
func TestDefaultsAreThoseOfThePackages(t *testing.T) {
	s, err := load(t, "features").compile()
	require.NoError(t, err)
	tree := calltree.DefaultSettings()
	tree.MaxBytes /= 2
	assert.Equal(t, tree, s.tree)
	windows := traffic.DefaultSettings()
	windows.Patience = time.Millisecond
	assert.Equal(t, windows, s.windows)
	assert.Equal(t, baseline.DefaultSettings(), load(t, "features").Learn.learning())
}

// Every setting has its place in the README, which mdatagen writes.
func TestTheExampleOfTheReadmeWorks(t *testing.T) {
	for i, text := range examples(t) {
		folder := t.TempDir()
		path := filepath.Join(folder, "config.yaml")
		require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(text, "/var/lib/otelcol", folder)), 0o600))
		conf, err := confmaptest.LoadConf(path)
		require.NoError(t, err, i)
		exporters, err := conf.Sub("exporters")
		require.NoError(t, err, i)
		for id := range exporters.ToStringMap() {
			if !strings.HasPrefix(id, "api_baseline") {
				continue
			}
			sub, err := exporters.Sub(id)
			require.NoError(t, err, i)
			cfg := createDefaultConfig().(*Config)
			require.NoError(t, sub.Unmarshal(cfg), i)
			assert.NoError(t, confmap.Validate(cfg), i)
		}
	}
}

// examples are the configurations in the README that have exporters.
func examples(t *testing.T) (list []string) {
	t.Helper()
	parts := strings.Split(readFile(t, "README.md"), "```yaml\n")
	for _, part := range parts[1:] {
		text, _, ok := strings.Cut(part, "```")
		require.True(t, ok)
		if strings.Contains(text, "exporters:") {
			list = append(list, text)
		}
	}
	require.NotEmpty(t, list)
	return list
}
