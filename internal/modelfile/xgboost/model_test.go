package xgboost

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/modelfile/realmodel"
)

// The models in testdata were trained by XGBoost itself, 1.7.4 and 3.4.1 (v3_), and what it answers is in the tables:
// testdata/make.py.
var trained = realmodel.Library{Suffix: ".json.gz", Is: Is, Parse: Parse}

func TestRealModels(t *testing.T) { trained.CheckScores(t, models(t)) }

func TestRealContributions(t *testing.T) { trained.CheckContributions(t, models(t)) }

func models(t *testing.T) []string {
	names := realmodel.Names(t)
	require.Greater(t, len(names), 15)
	return names
}
