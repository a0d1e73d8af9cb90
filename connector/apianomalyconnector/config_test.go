package apianomalyconnector

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func TestConfig(t *testing.T) {
	tests := map[string]struct {
		want    *Config
		refused []string // parts of the error: the key and the mend
	}{
		"api_anomaly":                    {want: &Config{MetricsFlushInterval: time.Minute, MaxSeries: 2000, MaxExemplars: 5}},
		"api_anomaly/all":                {want: &Config{MetricsFlushInterval: 30 * time.Second, MaxSeries: 500}},
		"api_anomaly/no_interval":        {refused: []string{"metrics_flush_interval", "100ms or more"}},
		"api_anomaly/no_series":          {refused: []string{"max_series", "greater than or equal to 1"}},
		"api_anomaly/negative_exemplars": {refused: []string{"max_exemplars", "greater than or equal to 0"}},
	}
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			sub, err := all.Sub(name)
			require.NoError(t, err)
			cfg := NewFactory().CreateDefaultConfig()
			require.NoError(t, sub.Unmarshal(cfg))
			err = confmap.Validate(cfg)
			if tt.refused == nil {
				require.NoError(t, err)
				assert.Equal(t, tt.want, cfg)
			}
			for _, part := range tt.refused {
				assert.ErrorContains(t, err, part)
			}
		})
	}
}
