package alarm

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func flood(client string) anomaly.Event {
	return anomaly.Event{Kind: anomaly.DoS, Detector: "total_calls", Service: "shop", Client: client, Message: "a flood"}
}

// turn judges minute i and returns the states and clients reported.
func turn(b *Book, i int, findings ...anomaly.Event) []string {
	start := noon.Add(time.Duration(i) * time.Minute)
	events, _ := b.Turn(nil, "shop", start, start.Add(time.Minute), findings)
	var states []string
	for _, e := range events {
		states = append(states, string(e.State)+" "+e.Client)
	}
	return states
}

func TestTheLifeOfAnAlarm(t *testing.T) {
	b := New(Settings{OngoingEvery: 3, EndAfter: 2, CoolDown: 3, MaxAlarms: 10, MaxPerWindow: 10})
	on := func(i int) bool { return i < 8 || i >= 10 && i < 12 }
	got := make(map[int][]string)
	for i := range 16 {
		var findings []anomaly.Event
		if on(i) {
			findings = append(findings, flood("a"))
		}
		if states := turn(b, i, findings...); states != nil {
			got[i] = states
		}
	}
	assert.Equal(t, map[int][]string{
		0: {"begun a"}, 3: {"ongoing a"}, 6: {"ongoing a"},
		9: {"ended a"}, // two windows without the finding
		// The finding of windows 10 and 11 falls into the cool-down.
	}, got)
}

func TestAfterTheCoolDownAnAlarmBeginsAgain(t *testing.T) {
	b := New(Settings{OngoingEvery: 100, EndAfter: 1, CoolDown: 2, MaxAlarms: 10, MaxPerWindow: 10})
	assert.Equal(t, []string{"begun a"}, turn(b, 0, flood("a")))
	assert.Equal(t, []string{"ended a"}, turn(b, 1))
	assert.Empty(t, turn(b, 2, flood("a")))
	assert.Equal(t, []string{"begun a"}, turn(b, 3, flood("a")), "a finding that outlasts the cool-down is news")
}

func TestAShortInterruptionIsNoEnd(t *testing.T) {
	b := New(Settings{OngoingEvery: 100, EndAfter: 2, CoolDown: 0, MaxAlarms: 10, MaxPerWindow: 10})
	assert.Equal(t, []string{"begun a"}, turn(b, 0, flood("a")))
	assert.Empty(t, turn(b, 1))
	assert.Empty(t, turn(b, 2, flood("a")))
	assert.Equal(t, 1, b.Open())
}

func TestTheEndTellsHowLongItTook(t *testing.T) {
	b := New(DefaultSettings())
	turn(b, 0, flood("a"))
	again := flood("a")
	again.Message = "still a flood"
	turn(b, 1, again)
	turn(b, 2)
	start := noon.Add(3 * time.Minute)
	events, _ := b.Turn(nil, "shop", start, start.Add(time.Minute), nil)
	require.Len(t, events, 1)
	assert.Equal(t, "over after 2m0s: a flood", events[0].Message)
	assert.Equal(t, noon, events[0].Begun)
	assert.Equal(t, start, events[0].WindowStart)
}

func TestTooManyAlarmsAreCounted(t *testing.T) {
	b := New(Settings{OngoingEvery: 1, EndAfter: 1, CoolDown: 0, MaxAlarms: 3, MaxPerWindow: 5})
	var findings []anomaly.Event
	for i := range 20 {
		findings = append(findings, flood(fmt.Sprint(i)))
	}
	events, suppressed := b.Turn(nil, "shop", noon, noon.Add(time.Minute), findings)
	assert.Len(t, events, 3)
	assert.Equal(t, 17, suppressed)
	assert.Equal(t, 3, b.Open())

	b = New(Settings{OngoingEvery: 1, EndAfter: 1, CoolDown: 0, MaxAlarms: 100, MaxPerWindow: 5})
	events, suppressed = b.Turn(nil, "shop", noon, noon.Add(time.Minute), findings)
	assert.Len(t, events, 5)
	assert.Equal(t, 15, suppressed)
}

func TestServicesAreApart(t *testing.T) {
	b := New(DefaultSettings())
	turn(b, 0, flood("a"))
	events, _ := b.Turn(nil, "other", noon, noon.Add(time.Minute), nil)
	assert.Empty(t, events)
	assert.Equal(t, 1, b.Open())
}

func TestARestartNeitherRepeatsNorForgetsAnAlarm(t *testing.T) {
	before := New(Settings{OngoingEvery: 100, EndAfter: 1, CoolDown: 2, MaxAlarms: 10, MaxPerWindow: 10})
	turn(before, 0, flood("a"), flood("b"))
	turn(before, 1, flood("a"))
	state, err := before.Save()
	require.NoError(t, err)

	after := New(before.settings)
	require.NoError(t, after.Restore(state))
	assert.Equal(t, 1, after.Open())
	assert.Empty(t, turn(after, 2, flood("a"), flood("b")), "a goes on, b cools down")
	assert.Equal(t, []string{"ended a"}, turn(after, 3))
	assert.Error(t, after.Restore([]byte("{")))
}

func TestAlarmsOfAServiceThatIsGoneLapse(t *testing.T) {
	b := New(DefaultSettings())
	turn(b, 0, flood("a"), flood("b"))
	assert.Empty(t, b.Lapse(nil, time.Now().Add(-time.Minute)))
	events := b.Lapse(nil, time.Now())
	require.Len(t, events, 2)
	assert.Equal(t, anomaly.Ended, events[0].State)
	assert.Equal(t, "no longer watched, shop has been silent since: a flood", events[0].Message)
	assert.Zero(t, b.Open())
	assert.Empty(t, b.Lapse(nil, time.Now()))
}

func TestTheSameAlarmsAreSavedAlike(t *testing.T) {
	b := New(DefaultSettings())
	for i := range 20 {
		turn(b, i, flood(fmt.Sprint(i)))
	}
	first, err := b.Save()
	require.NoError(t, err)
	for range 5 {
		again, err := b.Save()
		require.NoError(t, err)
		assert.Equal(t, string(first), string(again))
	}
}

// TestEveryAlarmBeginsOnceAndEnds holds for whatever is found when.
func TestEveryAlarmBeginsOnceAndEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := New(Settings{
			OngoingEvery: rapid.IntRange(1, 4).Draw(t, "every"), EndAfter: rapid.IntRange(1, 3).Draw(t, "end"),
			CoolDown: rapid.IntRange(0, 4).Draw(t, "cool"), MaxAlarms: 10, MaxPerWindow: 10,
		})
		open := false
		ids := make(map[string]bool)
		for i, found := range rapid.SliceOfN(rapid.Bool(), 1, 60).Draw(t, "found") {
			var findings []anomaly.Event
			if found {
				findings = append(findings, flood("a"))
			}
			start := noon.Add(time.Duration(i) * time.Minute)
			events, suppressed := b.Turn(nil, "shop", start, start.Add(time.Minute), findings)
			assert.Zero(t, suppressed)
			for _, e := range events {
				assert.False(t, ids[e.IDString()], "ids do not repeat")
				ids[e.IDString()] = true
				switch e.State {
				case anomaly.Begun:
					assert.False(t, open)
					assert.True(t, found)
					open = true
				case anomaly.Ongoing:
					assert.True(t, open)
				case anomaly.Ended:
					assert.True(t, open)
					open = false
				}
			}
			assert.Equal(t, open, b.Open() == 1)
		}
		for i := range 10 {
			turn(b, 1000+i)
		}
		assert.Zero(t, b.Open())
		assert.Zero(t, b.count)
		assert.Empty(t, b.turned)
	})
}

func TestSettingsAreRefusedByName(t *testing.T) {
	assert.NoError(t, DefaultSettings().Validate())
	err := Settings{CoolDown: -1}.Validate()
	for _, key := range []string{"ongoing_every", "end_after", "cool_down", "max_alarms", "max_per_window"} {
		assert.ErrorContains(t, err, key+" is")
	}
}
