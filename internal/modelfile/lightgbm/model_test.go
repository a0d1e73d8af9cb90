package lightgbm

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/modelfile/realmodel"
)

// The models in testdata were trained by LightGBM itself, 4.6.0.99 and 3.3.5 (v3_), and what it answers is in the
// tables: testdata/make.py.
var trained = realmodel.Library{
	Suffix: ".txt.gz",
	Is:     Is,
	Parse:  Parse,
	// A forest's contributions are of the log-odds, whereas LightGBM's are of the trees' sum.
	Factors: map[string]float64{"sigmoid": 0.7, "forest": 1. / 8, "forest_classes": 1. / 5},
}

func TestRealModels(t *testing.T) { trained.CheckScores(t, models(t)) }

func TestRealContributions(t *testing.T) { trained.CheckContributions(t, models(t)) }

func models(t *testing.T) []string {
	names := realmodel.Names(t)
	require.GreaterOrEqual(t, len(names), 15)
	return names
}
