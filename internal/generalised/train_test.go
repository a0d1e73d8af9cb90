package generalised

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/grow"
	"github.com/spanwarden/spanwarden/internal/modelfile"
)

var update = flag.Bool("update", false, "train the shipped model anew and write model.json.gz (with SPANWARDEN_DATA)")

// train is how the shipped model is trained, but for its seed.
func train(ctx context.Context, t *dataset.Table, seed uint64) (*forest.Forest, error) {
	return grow.Grow(ctx, t, grow.Settings{Kind: forest.RandomForest, Trees: 100, MinLeaf: 8, MaxFeatures: 2, Seed: seed})
}

// TestShippedModelIsWhatTheDataGive trains it anew:
//
//	SPANWARDEN_DATA=… go test ./internal/generalised -run TestShippedModel -update
//
// writes it, and without -update its bytes are compared.
func TestShippedModelIsWhatTheDataGive(t *testing.T) {
	table := readPublic(t).training()
	f, err := train(t.Context(), table, 1)
	require.NoError(t, err)
	f.Origin = fmt.Sprintf("trained on %d public sessions of crawlers and scripts and %d of others, of %d calls and more each "+
		"(Kaggle, tangodelta/api-access-behaviour-anomaly-dataset, GPL-2). It knows automated clients, not attacks.",
		attacks(table), table.Rows()-attacks(table), leastCalls)
	var text bytes.Buffer
	require.NoError(t, modelfile.Write(&text, f))
	if *update {
		require.NoError(t, modelfile.Save("model.json.gz", f))
		return
	}
	kept, err := Shipped()
	require.NoError(t, err)
	var keptText bytes.Buffer
	require.NoError(t, modelfile.Write(&keptText, kept))
	if !bytes.Equal(text.Bytes(), keptText.Bytes()) { // too long to be shown
		t.Error("model.json.gz is not what the data give: was it trained on others, or has the training changed?")
	}
	info, err := os.Stat("model.json.gz")
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(150<<10))
}
