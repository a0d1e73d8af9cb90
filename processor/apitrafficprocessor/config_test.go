package apitrafficprocessor

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/spanwarden/spanwarden/internal/alarm"
	"github.com/spanwarden/spanwarden/internal/classifier"
	"github.com/spanwarden/spanwarden/internal/dos"
	"github.com/spanwarden/spanwarden/internal/generalised"
	"github.com/spanwarden/spanwarden/internal/isolation"
	"github.com/spanwarden/spanwarden/internal/lowrate"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

func load(t *testing.T, name string) *Config {
	t.Helper()
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	sub, err := all.Sub(component.MustNewIDWithName("api_traffic", name).String())
	require.NoError(t, err)
	cfg := defaults()
	require.NoError(t, sub.Unmarshal(cfg))
	return cfg
}

func TestConfigs(t *testing.T) {
	assert.Equal(t, defaults(), load(t, ""))
	for _, name := range []string{"", "all"} {
		assert.NoError(t, confmap.Validate(load(t, name)), name)
	}
	all := load(t, "all")
	assert.Equal(t, 30*time.Second, all.Window)
	assert.Equal(t, component.MustNewIDWithName("file_storage", "baselines"), all.Storage)
	assert.Equal(t, "paper", all.LowRate.Rule)
	assert.Equal(t, 15, all.LowRate.MinRequests, "what is not set keeps its default")
}

func TestImpossibleSettingsAreRefusedByName(t *testing.T) {
	for name, messages := range map[string][]string{
		"window":     {"window is 1ms: use a value from 1s to 1h"},
		"lateness":   {"allowed_lateness is 3m0s: use a value from 0s to two windows (2m0s)"},
		"proxies":    {`trusted_proxies: "everywhere" is no address range: write it as 10.0.0.0/8 or 192.0.2.7`},
		"ignore":     {`ignore: clients: "10.0.0.0/33" is no address range`},
		"cost":       {`dos: cost is "rbf": use l2 or normal`},
		"surge":      {"dos: surge.ratio is 0.5: use a value above 1"},
		"rule":       {`low_rate: rule is "loud": use "persistent" or "paper"`},
		"alarm":      {"alarm: end_after is 0: use a value of at least 1"},
		"limits":     {"limits: max_clients is 0: use a value from 1"},
		"queue":      {"queue_size is 0: use a value from 1 to 1048576"},
		"client_key": {"client_key is empty: name at least one attribute, such as client.address"},
		"two":        {"queue_size is 0", "low_rate: min_requests is 0"},
	} {
		err := confmap.Validate(load(t, name))
		for _, message := range messages {
			assert.ErrorContains(t, err, message, name)
		}
	}
}

// TestDefaultsAreThoseOfThePackages keeps the two places where a default is
// written from drifting apart.
func TestDefaultsAreThoseOfThePackages(t *testing.T) {
	s, err := defaults().compile()
	require.NoError(t, err)
	assert.Equal(t, traffic.DefaultSettings(), s.traffic)
	assert.Equal(t, dos.DefaultSettings(), s.dos)
	assert.Equal(t, lowrate.DefaultSettings(), s.lowRate)
	assert.Equal(t, alarm.DefaultSettings(), s.alarm)
	assert.Equal(t, isolation.DefaultSettings(), s.isolation)
	assert.Equal(t, classifier.DefaultSettings(), s.application)
	assert.Equal(t, generalised.DefaultSettings(), s.generalised)
}
