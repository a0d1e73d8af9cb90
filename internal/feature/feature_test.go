package feature

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

func sketch(texts ...string) (s traffic.Sketch) {
	for _, text := range texts {
		s.Add(text)
	}
	return s
}

func TestFeaturesOfAThief(t *testing.T) {
	v := &traffic.Vector{
		InterAPIAccess: 0.5, APIAccessUnique: 0.25, TotalCalls: 4, MaxAPICall: 4, DataOut: 800, NumFailed: 1, NumServerFailed: 2,
		DistinctEndpoints: 1, SessionLength: 2, Resources: sketch("/a"),
	}
	p := &trail.Past{Windows: 3, Calls: 12, Failed: 5, MostEndpoints: 1, Endpoints: sketch("x"), Resources: sketch("/a")}
	want := map[string]float32{
		"inter_api_access": 0.5, "api_access_unique": 0.25, "total_calls": 4, "max_api_call": 4, "data_out": 800, "num_failed": 1,
		"num_server_failed": 2, "distinct_endpoints": 1, "session_length": 2, "distinct_resources": 1,
		"period_calls": 12, "period_failed": 5, "period_windows": 3, "period_endpoints": 1, "period_resources": 1, "calls_per_endpoint": 12, "resources_per_endpoint": 1,
		"failed_ratio": 5. / 12,
	}
	features := All()
	got := make(map[string]float32)
	for i, x := range Row(nil, features, v, p) {
		got[features[i].Name] = x
	}
	assert.Equal(t, want, got)
}

func TestWhatASketchDoesNotCoverIsAbsent(t *testing.T) {
	features, err := Named([]string{"period_endpoints", "period_resources", "resources_per_endpoint", "period_calls"})
	require.NoError(t, err)
	row := Row(nil, features, new(traffic.Vector), &trail.Past{Calls: 3, Partial: true})
	for _, x := range row[:3] {
		assert.True(t, math.IsNaN(float64(x)))
	}
	assert.InDelta(t, 3, row[3], 0)
}

func TestUnknownFeaturesAreNamed(t *testing.T) {
	_, err := Named([]string{"total_calls", "num_users", "vsession"})
	require.ErrorContains(t, err, `there is no feature "num_users", "vsession": choose from inter_api_access`)
}

func TestNamesAreUnique(t *testing.T) {
	seen := make(map[string]bool)
	for _, name := range Names(All()) {
		assert.False(t, seen[name], name)
		seen[name] = true
	}
}

func TestSentences(t *testing.T) {
	scene := &Scene{Endpoint: "GET /accounts/{id}", Window: time.Minute, Period: 30 * time.Minute}
	for _, tt := range []struct {
		feature string
		value   float64
		usual   Range
		want    string
	}{
		{"max_api_call", 49, Range{2, 6}, "49 calls to GET /accounts/{id} in a minute, usually 2–6"},
		{"max_api_call", 1, Unknown, "1 call to GET /accounts/{id} in a minute"},
		{"inter_api_access", 0.1, Range{8, 8}, "gaps of 0.1 s, usually 8 s"},
		{"inter_api_access", 0.0123, Range{2, 120.4}, "gaps of 12 ms, usually 2–120 s"},
		{"inter_api_access", 0, Unknown, "gaps of 0 s"},
		{"api_access_unique", 0.0123, Range{0.3, 1}, "1.2 % of the calls to distinct endpoints, usually 30–100 %"},
		{"data_out", 1_234_567, Range{300, 40_000}, "1.23 MB of answers in a minute, usually 300 B–40 kB"},
		{"num_failed", 0, Range{0, 0}, "0 failed calls in a minute, usually 0"},
		{"period_windows", 30, Range{1, 6}, "calls in 30 of the last 30 windows, usually 1–6"},
		{"period_resources", 1, Unknown, "1 resource in 30 minutes"},
		{"resources_per_endpoint", 44.25, Range{1, 2.5}, "44.2 different resources of each of its endpoints in 30 minutes, usually 1–2.5"},
		{"failed_ratio", 0.5, Range{0, 0.1}, "50 % of its calls failed in 30 minutes, usually 0–10 %"},
		{"session_length", 59, Range{0.5, 40}, "calls over 59 s, usually 0.5–40 s"},
		{"data_out", math.NaN(), Range{1, 2}, "no data_out"},
	} {
		features, err := Named([]string{tt.feature})
		require.NoError(t, err)
		assert.Equal(t, tt.want, features[0].Say(scene, tt.value, tt.usual))
	}
}

func TestLengthsOfTimeInWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Minute: " in a minute", time.Hour: " in an hour", 2 * time.Hour: " in 2 hours", 10 * time.Minute: " in 10 minutes",
		30 * time.Second: " in 30s", 90 * time.Second: " in 1m30s", 0: "",
	} {
		assert.Equal(t, want, in(d))
	}
}

func TestWhatStandsOut(t *testing.T) {
	for _, tt := range []struct {
		feature string
		value   float64
		usual   Range
		want    bool
	}{
		{"period_calls", 30, Range{1, 10}, true},
		{"period_calls", 29, Range{1, 10}, false},
		{"period_calls", 2, Range{0, 0}, false},
		{"period_calls", 30, Unknown, false},
		{"period_calls", math.NaN(), Range{1, 2}, false},
		{"failed_ratio", 0.29, Range{0, 0}, false},
		{"failed_ratio", 0.31, Range{0, 0}, true},
		{"failed_ratio", 1, Range{0, 0.5}, true},
		{"failed_ratio", 1, Range{0.5, 1}, false},
		{"period_resources", sketched, Range{60, 120}, true},
		{"inter_api_access", 0.1, Range{2, 8}, true},
		{"inter_api_access", 100, Range{2, 8}, false},
	} {
		features, err := Named([]string{tt.feature})
		require.NoError(t, err)
		assert.Equal(t, tt.want, features[0].StandsOut(tt.value, tt.usual, 3), "%s %g", tt.feature, tt.value)
	}
}
