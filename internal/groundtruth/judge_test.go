package groundtruth

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/alarm"
	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// reportsOf are the reports of an alarm as the alarm book makes them: the minutes from `from` on, before `to`, are those with the finding.
func reportsOf(e anomaly.Event, from, to int) (events []anomaly.Event) {
	settings := alarm.DefaultSettings()
	settings.OngoingEvery = 3
	book := alarm.New(settings)
	for n := from; n < to+5; n++ {
		var found []anomaly.Event
		if n < to {
			found = append(found, e)
		}
		turned, _ := book.Turn(nil, e.Service, minute(float64(n)), minute(float64(n+1)), found)
		events = append(events, turned...)
	}
	return events
}

func TestAnAlarmIsJudgedOnce(t *testing.T) {
	about := func(client string) anomaly.Event {
		return anomaly.Event{Kind: anomaly.LowRate, Detector: "low_rate", Service: "gateway", Client: client, Message: client}
	}
	right, wrong := reportsOf(about(thief), 5, 12), reportsOf(about(customer), 5, 12)
	require.Len(t, right, 4, "begun, ongoing twice, ended")

	v := judged(t, theft, Options{}, slices.Concat(right, wrong)...)
	assert.ElementsMatch(t, []string{"low_rate: [theft-1] (client)", "low_rate: false"}, told(v))
	assert.Equal(t, 4, v.Alarms[0].Reports)
	assert.Equal(t, anomaly.Begun, v.Alarms[0].State)
	assert.Equal(t, 6*time.Minute, v.Attacks[0].After)

	t.Run("the first report is missing", func(t *testing.T) {
		v := judged(t, theft, Options{}, slices.Concat(right[1:], wrong[1:])...)
		assert.ElementsMatch(t, []string{"low_rate: [theft-1] (client)", "low_rate: false"}, told(v))
		assert.Equal(t, 3, v.Alarms[0].Reports)
		assert.Equal(t, 9*time.Minute, v.Attacks[0].After)
	})
	t.Run("the end alone is about a window in which nothing was found", func(t *testing.T) {
		assert.Equal(t, []string{"low_rate: false"}, told(judged(t, theft, Options{}, right[3])))
	})
	t.Run("an alarm that began before the attack stays false", func(t *testing.T) {
		early := reportsOf(about(thief), -5, 8)
		v := judged(t, theft, Options{}, early...)
		assert.Equal(t, []string{"low_rate: false"}, told(v))
		assert.False(t, v.Attacks[0].Found)
	})
	t.Run("a record that comes twice", func(t *testing.T) {
		v := judged(t, theft, Options{}, slices.Concat(right, right)...)
		assert.Equal(t, 4, v.Alarms[0].Reports)
		assert.Len(t, v.Alarms, 1)
	})
	t.Run("another alarm of the same client", func(t *testing.T) {
		again := reportsOf(about(thief), 40, 41)
		v := judged(t, theft, Options{}, slices.Concat(again, right)...)
		assert.Equal(t, []string{"low_rate: [theft-1] (client)", "low_rate: false"}, told(v))
	})
	t.Run("the same alarm about another service", func(t *testing.T) {
		other := slices.Clone(right)
		for i := range other {
			other[i].Service = "account"
		}
		v := judged(t, theft, Options{}, slices.Concat(other, right)...)
		assert.Len(t, v.Alarms, 2)
	})
}

func TestWhoFoundItAndWhen(t *testing.T) {
	first, second := slow(2, thief), slow(4, thief)
	second.Detector, second.Kind = "forest", anomaly.Traffic
	loud := surge(2, "gateway", 20, anomaly.Share{Name: thief, Calls: 6})

	v := judged(t, theft, Options{}, second, first, loud)
	a := v.Attacks[0]
	assert.Equal(t, []string{"total_calls", "low_rate", "forest"}, a.Detectors, "by time")
	assert.Equal(t, []string{"dos", "low_rate", "traffic"}, a.FoundBy)
	assert.Equal(t, []string{"dos/total_calls", "low_rate/low_rate", "traffic/forest"}, a.Sources)
	assert.Equal(t, 3*time.Minute, a.After)
	assert.True(t, a.AsExpected)
	assert.Equal(t, []bool{false, false, true}, []bool{v.Alarms[0].Expected, v.Alarms[1].Expected, v.Alarms[2].Expected})

	v = judged(t, theft, Options{}, first)
	assert.True(t, v.Attacks[0].Found)
	assert.False(t, v.Attacks[0].AsExpected)
}

func TestRecallByCall(t *testing.T) {
	fraud := burst("fraud-1", "fraud", thief, 4, 0, 4, "invariant")
	again := broken("fraud-1", 2, 2) // the same call breaks two rules
	again.Rule = "another-rule"
	v := judged(t, fraud, Options{}, broken("fraud-1", 0, 0), broken("fraud-1", 2, 2), again, broken("unknown", 1, 1), slow(3, thief))
	assert.Equal(t, 2, v.Attacks[0].CallsFound, "a call counts once, and only if it was condemned itself")
	assert.Equal(t, 0.5, v.Kinds[0].CallRecall())
	assert.Equal(t, []Source{{"invariant", "cel", 4, 3}, {"low_rate", "low_rate", 1, 1}}, v.Sources())
}

// A rule condemns one call. That the same client attacks, before and after, and in examples that are named, is no excuse.
func TestARuleBrokenByAnAttackersInnocentCallIsAFalseAlarm(t *testing.T) {
	fraud := burst("fraud-1", "fraud", thief, 4, 0, 4, "invariant")
	innocent := broken("login", 0, 2)
	require.Equal(t, fraud[0].Client, innocent.Client)
	innocent.Links = links([]pcommon.TraceID{traceOf("fraud-1", 2)})
	v := judged(t, fraud, Options{}, innocent)
	alarms, quiet := v.FalseAlarms()
	require.Len(t, alarms, 1)
	assert.Equal(t, "account-read-by-its-owner", alarms[0].by(), "the rule is to be blamed")
	assert.Zero(t, quiet)
	assert.Zero(t, v.Attacks[0].CallsFound)
	assert.False(t, v.Attacks[0].Found)

	before := broken("login", 0, -2)
	_, quiet = judged(t, fraud, Options{}, before).FalseAlarms()
	assert.Equal(t, 1, quiet)
}

func TestRulesStandForThemselvesAmongThoseThatFoundAnAttack(t *testing.T) {
	fraud := burst("fraud-1", "fraud", thief, 4, 0, 4, "invariant")
	other := broken("fraud-1", 1, 1)
	other.Rule = "another-rule"
	nameless := broken("fraud-1", 2, 2)
	nameless.Rule = ""
	v := judged(t, fraud, Options{}, broken("fraud-1", 0, 0), broken("fraud-1", 3, 3), other, nameless)
	assert.Equal(t, []string{"account-read-by-its-owner", "another-rule", "cel"}, v.Attacks[0].Detectors)
	assert.Equal(t, []string{"invariant/cel"}, v.Attacks[0].Sources)
}

func TestKindsAddUp(t *testing.T) {
	calls := join(
		burst("slow-2", "slow", flooder, 10, 30, 40, "low_rate"),
		burst("loud-1", "loud", customer, 10, 5, 6, "traffic", "dos"),
		burst("slow-1", "slow", thief, 10, 0, 10, "low_rate"),
		burst("slow-3", "slow", "203.0.113.3", 10, 60, 70, "low_rate"),
	)
	v := judged(t, calls, Options{Titles: map[string]string{"slow": "walks"}, Unseen: map[string]Unseen{"slow": {Why: "at night"}}}, slow(3, thief), slow(38, flooder))
	require.Len(t, v.Kinds, 2)
	assert.Equal(t, Kind{
		Name: "slow", Title: "walks", Unseen: Unseen{Why: "at night"}, Expect: []string{"low_rate"}, Instances: 3, Found: 2, AsExpected: 2, Calls: 30,
		Detectors: []string{"low_rate"}, FoundBy: map[string]int{"low_rate": 2}, Shortest: 4 * time.Minute, Longest: 9 * time.Minute,
	}, v.Kinds[0])
	assert.Equal(t, "loud", v.Kinds[1].Name)
	assert.Equal(t, []string{"dos", "traffic"}, v.Kinds[1].Expect)
	assert.InDelta(t, 2.0/3, v.Kinds[0].Recall(), 1e-9)
}

func TestQuietStretch(t *testing.T) {
	calls := burst("theft-1", "theft", thief, 10, 0, 10, "low_rate")
	events := []anomaly.Event{slow(-9, customer), slow(-1, customer), slow(-0.5, customer), slow(5, customer)}
	count := func(calls []Call, o Options) int {
		v := judged(t, calls, o, events...)
		alarms, quiet := v.FalseAlarms()
		assert.Len(t, alarms, 4)
		return quiet
	}
	assert.Equal(t, 2, count(calls, Options{}), "before the first call; the third window holds it")
	assert.Equal(t, 1, count(calls, Options{Quiet: minute(-5)}))
	assert.Equal(t, 4, count(nil, Options{}), "nothing ever happened")
}

func TestCallsThatCannotBeJudged(t *testing.T) {
	call := burst("theft-1", "theft", thief, 1, 0, 1)[0]
	unlabelled, timeless := call, call
	unlabelled.Attack, timeless.At = "", time.Time{}
	assert.Equal(t, Verdict{}, Judge([]Call{unlabelled, timeless}, nil, Options{}))
}
