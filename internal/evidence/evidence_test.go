package evidence

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// windows adds a window a minute, one for each letter: x is a suspicious one, a
// space none at all. It returns the numbers of those with evidence enough.
func windows(b *Book, client, pattern string) (accused []int) {
	for i, c := range pattern {
		if c != ' ' && b.Add(Client{"shop", client}, noon.Add(time.Duration(i)*time.Minute), c == 'x') {
			accused = append(accused, i)
		}
	}
	return accused
}

func TestSeveralSuspiciousWindowsAreEvidence(t *testing.T) {
	for name, tt := range map[string]struct {
		need, of int
		pattern  string
		want     []int
	}{
		"one is none":                     {2, 3, "x....", nil},
		"two in a row":                    {2, 3, "xx", []int{1}},
		"two of three":                    {2, 3, "x.x", []int{2}},
		"two of four are too few":         {2, 3, "x..x", nil},
		"only a suspicious window counts": {2, 3, "xx.x", []int{1, 3}},
		"windows without calls do not":    {2, 3, "x      x", []int{7}},
		"silence for longer than that":    {2, 3, "x                    x", nil},
		"one is enough":                   {1, 1, ".x.", []int{1}},
		"all of them":                     {3, 3, "xx.xxx", []int{5}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, windows(New(tt.need, tt.of, 10, 10*time.Minute), "a", tt.pattern))
		})
	}
}

func TestClientsAndServicesAreApart(t *testing.T) {
	b := New(2, 3, 10, time.Hour)
	assert.Empty(t, windows(b, "a", "x"))
	assert.Empty(t, windows(b, "b", "x"))
	assert.False(t, b.Add(Client{"other", "a"}, noon, true))
	assert.Equal(t, []int{0}, windows(b, "a", "x"))
}

func TestSuspectsAreForgotten(t *testing.T) {
	b := New(2, 3, 10, time.Hour)
	windows(b, "a", "x")
	assert.True(t, b.Suspects(Client{"shop", "a"}))
	windows(b, "a", "...")
	assert.False(t, b.Suspects(Client{"shop", "a"}))
	assert.Empty(t, b.clients)
}

// TestTheAccusedIsASuspect also where one window is enough to be accused.
func TestTheAccusedIsASuspect(t *testing.T) {
	b := New(1, 3, 10, time.Hour)
	assert.Equal(t, []int{0}, windows(b, "a", "x.."))
	assert.True(t, b.Suspects(Client{"shop", "a"}))
	windows(b, "a", "...")
	assert.Empty(t, b.clients)
	b = New(1, 1, 10, time.Hour)
	assert.Equal(t, []int{0}, windows(b, "a", "x"))
	assert.Empty(t, b.clients, "nobody needs to be remembered")
}

func TestSuspectsAreBounded(t *testing.T) {
	b := New(2, 3, 100, time.Hour)
	for i := range 1000 {
		b.Add(Client{"shop", fmt.Sprint(i)}, noon.Add(time.Duration(i)*time.Second), true)
		assert.LessOrEqual(t, len(b.clients), 100)
	}
	assert.True(t, b.Suspects(Client{"shop", "999"}), "the latest ones stay")
	assert.False(t, b.Suspects(Client{"shop", "0"}))
}

// TestEvidenceIsACount holds for whatever is suspicious when.
func TestEvidenceIsACount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.IntRange(1, MaxWindows).Draw(t, "of")
		need := rapid.IntRange(1, of).Draw(t, "need")
		b := New(need, of, 10, 1000*time.Hour)
		var latest []bool
		for i, suspicious := range rapid.SliceOfN(rapid.Bool(), 1, 200).Draw(t, "windows") {
			latest = append(latest, suspicious)
			latest = latest[max(0, len(latest)-of):]
			count := 0
			for _, s := range latest {
				if s {
					count++
				}
			}
			got := b.Add(Client{"shop", "a"}, noon.Add(time.Duration(i)*time.Minute), suspicious)
			assert.Equal(t, suspicious && count >= need, got, "window %d", i)
		}
	})
}
