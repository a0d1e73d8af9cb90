package plan

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseScheduled(t *testing.T) {
	for text, want := range map[string]Scheduled{
		"flood@10m":                {Kind: "flood", At: 10 * time.Minute, Strength: 1},
		"theft_slow@20m+30m*0.5":   {Kind: "theft_slow", At: 20 * time.Minute, Length: 30 * time.Minute, Strength: 0.5},
		"theft_slow@1h5m*20":       {Kind: "theft_slow", At: 65 * time.Minute, Strength: 20},
		"password_guessing@0s+40m": {Kind: "password_guessing", Length: 40 * time.Minute, Strength: 1},
	} {
		got, err := ParseScheduled(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

func TestWhatIsNoAttackIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "write KIND@AT",
		"flood":             "write KIND@AT",
		"flood@ten":         "is no time",
		"flood@10m+long":    "is no length",
		"flood@10m*1.2.3":   "is no strength",
		"flood@10m * 2":     "write KIND@AT",
		"flood@10m+2m*-1.0": "write KIND@AT",
	} {
		_, err := ParseScheduled(text)
		assert.ErrorContains(t, err, want, text)
	}
}
