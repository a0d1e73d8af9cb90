package dos

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// restarted is a detector with these settings and the other's state.
func restarted(t testing.TB, d *Detector, settings Settings) *Detector {
	t.Helper()
	state, err := d.Save()
	require.NoError(t, err)
	again, err := New(settings, 10)
	require.NoError(t, err)
	require.NoError(t, again.Restore(state))
	return again
}

// judgeWindow runs the detector over a window of any length.
func judgeWindow(d *Detector, begin time.Time, length time.Duration, partial bool, v traffic.Vector) []string {
	w := &detect.Window{
		Window: &traffic.Window{Service: v.Service, Start: begin, End: begin.Add(length), Partial: partial, Resolution: 1},
		Total:  v,
	}
	var found []string
	d.Judge(w, func(e anomaly.Event) { found = append(found, e.Detector) })
	return found
}

func TestARestartChangesNothing(t *testing.T) {
	s, whole := newService(3, 0.1), newDetector(t)
	broken := newDetector(t)
	for i := range 1600 {
		v := s.minute(i, map[bool]float64{true: 20, false: 1}[i/10%60 == 30])
		assert.Equal(t, judge(whole, i, v), judge(broken, i, v), "minute %d", i)
		if i%37 == 0 {
			broken = restarted(t, broken, DefaultSettings())
		}
	}
}

// TestRestoreWithOtherWindowLength: five minutes have five times the calls of one.
func TestRestoreWithOtherWindowLength(t *testing.T) {
	d := newDetector(t)
	for i := range 60 {
		require.Empty(t, judge(d, i, few(400)))
	}
	d = restarted(t, d, DefaultSettings())
	for i := range 40 {
		begin := start.Add(time.Hour + time.Duration(i)*5*time.Minute)
		assert.Empty(t, judgeWindow(d, begin, 5*time.Minute, i == 0, few(2000)), "window %d", i)
	}
	assert.Len(t, d.services["s"].Past.Calls, 39, "the full windows since")
}

func TestRestoreTrims(t *testing.T) {
	settings := DefaultSettings()
	settings.History = 100
	d, err := New(settings, 10)
	require.NoError(t, err)
	for i := range 250 { // the ring's seam is in the middle
		judge(d, i, few(int64(1000+i)))
	}
	settings.Windows, settings.History = 15, 60
	h := restarted(t, d, settings).services["s"]
	require.Len(t, h.Points, 15)
	require.Len(t, h.Past.Calls, 60)
	for i := range 60 {
		assert.EqualValues(t, 1249-i, *h.Past.back(i))
	}
	assert.EqualValues(t, 1235, h.Points[0].Calls)

	settings.Windows, settings.History = 30, 200
	again := restarted(t, d, settings)
	for i := 250; i < 500; i++ {
		assert.Empty(t, judge(again, i, few(int64(1000+i))))
	}
	assert.Len(t, again.services["s"].Past.Calls, 200)
	assert.EqualValues(t, 1499, *again.services["s"].Past.back(0))
	assert.EqualValues(t, 1300, *again.services["s"].Past.back(199))
}

func TestRestoreKeepsTheLatestServices(t *testing.T) {
	d, err := New(DefaultSettings(), 5)
	require.NoError(t, err)
	for i := range 5 {
		v := few(10)
		v.Service = fmt.Sprint("s", i)
		judge(d, i, v)
	}
	state, err := d.Save()
	require.NoError(t, err)
	few, err := New(DefaultSettings(), 2)
	require.NoError(t, err)
	require.NoError(t, few.Restore(state))
	assert.Len(t, few.services, 2)
	assert.Contains(t, few.services, "s3")
	assert.Contains(t, few.services, "s4")
}

func TestRestoreRefuses(t *testing.T) {
	good := `"a":{"length":60000000000,"points":[],"past":{"calls":[],"next":0},"last":0}`
	for name, bad := range map[string]string{
		"no JSON":           `{`,
		"no history":        `{` + good + `,"s":null}`,
		"not a number":      `{` + good + `,"s":{"points":[{"calls":1,"gap":NaN}]}}`,
		"too large":         `{` + good + `,"s":{"points":[{"calls":1,"gap":1e999}]}}`,
		"negative calls":    `{` + good + `,"s":{"points":[{"calls":-1,"gap":1}]}}`,
		"no gap":            `{` + good + `,"s":{"points":[{"calls":1,"gap":0}]}}`,
		"ring out of range": `{` + good + `,"s":{"past":{"calls":[1,2],"next":2}}}`,
		"negative ring":     `{` + good + `,"s":{"past":{"calls":[1,2],"next":-1}}}`,
		"calls overflow":    `{` + good + `,"s":{"past":{"calls":[4294967296]}}}`,
		"late":              `{` + good + `,"s":{"last":9223372036854775807}}`,
		"flood":             `{` + good + `,"s":{"flooded":{"windows":-1}}}`,
		"collapse":          `{` + good + `,"s":{"collapsed":{"before":1e300}}}`,
	} {
		d := newDetector(t)
		judge(d, 0, few(3))
		require.Error(t, d.Restore([]byte(bad)), name)
		assert.Contains(t, d.services, "s", name)
		assert.NotContains(t, d.services, "a", "%s: nothing is restored", name)
	}
}

func TestRestoreOfHugeArraysIsBounded(t *testing.T) {
	point := `{"calls":1,"gap":1,"data_out":1}`
	state := `{"s":{"length":60000000000,"points":[` + strings.Repeat(point+",", 5000) + point +
		`],"past":{"calls":[` + strings.Repeat("7,", 500_000) + `7],"next":250000}}}`
	d := newDetector(t)
	require.NoError(t, d.Restore([]byte(state)))
	h := d.services["s"]
	assert.Len(t, h.Points, d.settings.Windows)
	assert.Len(t, h.Past.Calls, d.settings.History)
	assert.LessOrEqual(t, cap(h.Past.Calls), 2*d.settings.History)
	assert.LessOrEqual(t, cap(h.Points), 2*d.settings.Windows)
}

func FuzzRestore(f *testing.F) {
	d := newDetector(f)
	for i := range 40 {
		judge(d, i, few(map[bool]int64{true: 50, false: 5000}[i < 37]))
	}
	state, err := d.Save()
	require.NoError(f, err)
	f.Add(state)
	f.Add([]byte(`{"s":{"length":60000000000,"past":{"calls":[1,-2147483648,3],"next":1},"last":1099511627776,"collapsed":{"before":1e30,"sized":true}}}`))
	f.Add([]byte(`{"s":{"length":-1},"t":null}`))
	f.Add([]byte(`{"s":{"length":1,"flooded":{"windows":9007199254740992},"calm":{"calls":1,"gap":1,"data_out":-1},"calm_for":9}}`))
	f.Fuzz(func(t *testing.T, state []byte) {
		settings := DefaultSettings()
		settings.Windows, settings.WarmUp, settings.History = 8, 4, 12
		d, err := New(settings, 3)
		require.NoError(t, err)
		if d.Restore(state) != nil {
			return
		}
		for i := range 10 {
			for _, length := range []time.Duration{time.Minute, 1} {
				begin := start.Add(time.Duration(i) * time.Minute)
				judgeWindow(d, begin, length, i%4 == 3, few(int64(i*i*i*i)))
			}
		}
		require.LessOrEqual(t, len(d.services), 3)
		for _, h := range d.services {
			require.LessOrEqual(t, len(h.Points), 8)
			require.LessOrEqual(t, len(h.Past.Calls), 12)
		}
		saved, err := d.Save()
		require.NoError(t, err)
		require.True(t, json.Valid(saved))
		require.NoError(t, d.Restore(saved), "what it saves it takes up")
	})
}
