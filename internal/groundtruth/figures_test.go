package groundtruth

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFigures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "figures.json")
	want := afternoon(t).Figures()
	require.NoError(t, WriteFigures(path, want))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assertGolden(t, "figures.json", string(text))

	got, err := ReadFigures(path)
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

func TestReadFiguresRefuses(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"no JSON":      {"recall", "figures.json holds no figures in JSON"},
		"other JSON":   {"{}", "figures.json holds no figures"},
		"a large file": {string(make([]byte, maxFigures+1)), "figures.json is larger than 4 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "figures.json")
			require.NoError(t, os.WriteFile(path, []byte(test.text), 0o600))
			_, err := ReadFigures(path)
			assert.ErrorContains(t, err, test.want)
		})
	}
	_, err := ReadFigures(filepath.Join(t.TempDir(), "missing.json"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorIs(t, WriteFigures(filepath.Join(t.TempDir(), "missing", "figures.json"), Figures{}), os.ErrNotExist)
}

func TestCompare(t *testing.T) {
	published := afternoon(t).Figures()
	for name, test := range map[string]struct {
		change func(*Figures)
		want   []string
	}{
		"the same": {func(*Figures) {}, nil},
		"a kind is missing": {func(f *Figures) { delete(f.Attacks, "guess") }, []string{
			"guess: is not measured any more",
		}},
		"a kind is found less": {func(f *Figures) {
			f.Attacks["theft_slow"] = AttackFigures{Instances: 1}
			f.All.Found--
		}, []string{
			"theft_slow: recall 0 (0 of 1), published 1 (1 of 1)",
			"theft_slow: found by low_rate 0 (0 of 1), published 1 (1 of 1)",
			"all attacks: recall 0.5 (4 of 8), published 0.625 (5 of 8)",
		}},
		"a kind is found by another detector alone": {func(f *Figures) {
			a := f.Attacks["theft_slow"]
			a.FoundBy = map[string]int{"traffic": 1}
			f.Attacks["theft_slow"] = a
		}, []string{"theft_slow: found by low_rate 0 (0 of 1), published 1 (1 of 1)"}},
		"fewer calls are condemned": {func(f *Figures) {
			a := f.Attacks["own_price"]
			a.Calls = &CallFigures{Calls: 6, Found: 2}
			f.Attacks["own_price"] = a
		}, []string{"own_price: recall of calls 0.3333 (2 of 6), published 0.5 (3 of 6)"}},
		"calls are not looked at": {func(f *Figures) {
			a := f.Attacks["own_price"]
			a.Calls = nil
			f.Attacks["own_price"] = a
		}, []string{"own_price: single calls are not measured any more"}},
		"more of the same": {func(f *Figures) {
			f.Attacks["theft_slow"] = AttackFigures{Instances: 3, Found: 3, FoundBy: map[string]int{"low_rate": 3}}
		}, nil},
		"new and better": {func(f *Figures) {
			f.Attacks["novel"] = AttackFigures{Instances: 1}
			f.Findings["novelty/routes"] = FindingFigures{Findings: 1}
			f.FalseAlarms, f.FalseQuiet = 0, 0
		}, nil},
		"more false alarms": {func(f *Figures) {
			f.FalseAlarms, f.FalseQuiet = f.FalseAlarms+2, f.FalseQuiet+1
			f.Findings["low_rate/low_rate"] = FindingFigures{Findings: 5, Right: 2}
			f.All.Findings += 2
		}, []string{
			"low_rate/low_rate: precision 0.4 (2 of 5), published 0.6667 (2 of 3)",
			"false alarms: 5, published 3",
			"false alarms in the quiet stretch: 2, published 1",
			"all findings: precision 0.6429 (9 of 14), published 0.75 (9 of 12)",
		}},
		"a detector is silent": {func(f *Figures) { delete(f.Findings, "dos/dos_factor") }, []string{
			"dos/dos_factor: finds nothing any more, published 1 right",
		}},
		"nothing is found": {func(f *Figures) { *f = Judge(nil, nil, Options{}).Figures(); f.All.Instances = 8 }, []string{
			"flood: is not measured any more", "guess: is not measured any more", "mandate: is not measured any more",
			"own_price: is not measured any more", "refused: is not measured any more", "theft_loud: is not measured any more",
			"theft_slow: is not measured any more",
			"dos/dos_factor: finds nothing any more, published 1 right", "dos/total_calls: finds nothing any more, published 3 right",
			"invariant/cel: finds nothing any more, published 3 right", "low_rate/low_rate: finds nothing any more, published 2 right",
			"all attacks: recall 0 (0 of 8), published 0.625 (5 of 8)",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			measured := copied(t, published)
			test.change(&measured)
			assert.Equal(t, test.want, Compare(published, measured))
		})
	}
}

func copied(t *testing.T, f Figures) (c Figures) {
	t.Helper()
	text, err := json.Marshal(f)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &c))
	require.Equal(t, maps.Clone(f.Attacks), c.Attacks)
	return c
}
