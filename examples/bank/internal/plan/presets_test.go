package plan

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPresetsAreValidForAnySeed(t *testing.T) {
	for name, preset := range map[string]func(uint64) Options{"demo": Demo, "flood": Flood, "theft": Theft, "tampering": Tampering} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(3) {
				p := made(t, preset(seed))
				assert.Len(t, p.Attacks, len(p.Options.Attacks))
			}
		})
	}
}

// begins returns how often each kind is made, and the attacks by their ids.
func begins(p *Plan) (counts map[string]int, attacks map[string]Attack) {
	counts, attacks = map[string]int{}, map[string]Attack{}
	for _, a := range p.Attacks {
		counts[a.Kind]++
		attacks[a.ID] = a
	}
	return counts, attacks
}

func TestDemo(t *testing.T) {
	for seed := range uint64(2) {
		p := made(t, Demo(seed))
		assert.Equal(t, 75*time.Minute, p.Options.Length)
		counts, attacks := begins(p)
		for _, k := range Kinds() {
			assert.Equal(t, 1, counts[k.Name], k.Name)
		}
		assert.GreaterOrEqual(t, p.Attacks[0].Begin, 35*time.Minute)
		flood, theft := attacks["flood-1"], attacks["theft_loud-1"]
		assert.GreaterOrEqual(t, theft.Begin-flood.End, 6*time.Minute)
		for _, id := range []string{"theft_slow-1", "theft_distributed-1", "probing-1", "password_guessing-1"} {
			assert.Less(t, attacks[id].Begin, 37*time.Minute, id)
			assert.Greater(t, attacks[id].End, 74*time.Minute, id)
		}
	}
}

func TestFlood(t *testing.T) {
	p := made(t, Flood(1))
	assert.Equal(t, 26*time.Minute, p.Options.Length)
	require.Len(t, p.Attacks, 1)
	a := p.Attacks[0]
	assert.InDelta(t, 18, a.Begin.Minutes(), 0.1)
	assert.InDelta(t, 20, a.End.Minutes(), 0.1)
	minutes := make([]int, 26)
	for _, c := range p.Calls {
		minutes[int(c.At/time.Minute)]++
	}
	for minute, calls := range minutes {
		if minute >= 18 && minute < 20 {
			assert.Greater(t, calls, 1000, minute)
			continue
		}
		assert.Less(t, calls, 160, minute)
	}
}

func TestTheft(t *testing.T) {
	p := made(t, Theft(1))
	assert.Equal(t, 75*time.Minute, p.Options.Length)
	_, attacks := begins(p)
	require.Len(t, attacks, 5)
	for id, want := range map[string][2]float64{
		"theft_loud-1": {40, 43}, "theft_slow-1": {35, 75}, "theft_distributed-1": {40, 75},
		"probing-1": {48, 68}, "password_guessing-1": {52, 72},
	} {
		assert.InDelta(t, want[0], attacks[id].Begin.Minutes(), 0.5, id)
		assert.InDelta(t, want[1], attacks[id].End.Minutes(), 0.8, id)
	}
}

func TestTampering(t *testing.T) {
	p := made(t, Tampering(1))
	assert.Equal(t, 30*time.Minute, p.Options.Length)
	counts, _ := begins(p)
	for _, k := range kinds() {
		want := 3
		if k.least > 0 {
			want = 0
		}
		assert.Equal(t, want, counts[k.Name], k.Name)
	}
	assert.GreaterOrEqual(t, p.Attacks[0].Begin, 6*time.Minute)
}

func TestTrainingAndTrialHaveNoPaceInCommonButOne(t *testing.T) {
	paces := func(o Options) (paces []float64) {
		for _, a := range made(t, o).Options.Attacks {
			if a.Kind == "theft_slow" {
				paces = append(paces, 3*a.Strength)
			}
		}
		return paces
	}
	trial := paces(Trial(1))
	assert.InDeltaSlice(t, Paces, trial, 1e-9)
	for _, pace := range paces(Training(1)) {
		for _, tried := range Paces {
			assert.True(t, pace == 2 && tried == 2 || math.Abs(pace-tried) > 0.5, "%g and %g", pace, tried)
		}
	}
}
