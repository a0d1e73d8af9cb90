package baseline

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// step is a call of a round, so long after the round began.
type step struct {
	at, length time.Duration
	route      string
	status     int
}

const sec = time.Second

var (
	looks     = step{0, sec, "/looks", 200}
	confirms  = step{0, sec, "/confirmations", 200}
	withdraws = step{30 * sec, sec, "/withdrawals", 200}
)

// timed makes rounds, one a minute, each the session of one user.
func timed(n int, of func(round int) []step) (calls []*call) {
	for round := range n {
		for _, step := range of(round) {
			c := posted(len(calls), nil)
			c.user, c.session = fmt.Sprintf("u%03d", round%50), fmt.Sprintf("session-%d", round)
			c.route, c.path, c.status = step.route, step.route, step.status
			c.start, c.length = monday.Add(time.Duration(round)*time.Minute+step.at), step.length
			calls = append(calls, c)
		}
	}
	return calls
}

// usually makes rounds of which every second one is a confirmation and a withdrawal, and every n-th of these is unusual.
func usually(n int, unusual ...step) []*call {
	return timed(700, func(round int) []step {
		switch {
		case round%2 == 0:
			return []step{looks}
		case round/2%n == n-1:
			return unusual
		}
		return []step{confirms, withdraws}
	})
}

// refusal is a step that was refused.
func refusal(of step, at, length time.Duration) step { return step{at, length, of.route, 403} }

// inOrder requires that the order was learned, and that it is violated by no call that it was learned from.
func inOrder(t *testing.T, calls []*call) *Learned {
	r := violatesNothing(t, calls)
	rule := findOf(r, "POST /withdrawals", confirmed)
	require.NotNil(t, rule, "%s\nis not among\n%s%v", confirmed, checks(r), r.Counts.RejectedBy)
	return rule
}

// exceptionsOf are the places of the calls that are told.
func exceptionsOf(t *testing.T, n *Near) (places []int) {
	require.NotNil(t, n)
	for _, e := range n.Exceptions {
		places = append(places, place(t, e.TraceID))
	}
	return places
}

// behind are the places of the withdrawals of every n-th round that is no look, as usually has them.
func behind(calls []*call, n int) (places []int) {
	for i, c := range calls {
		if round := int(c.start.Sub(monday) / time.Minute); c.route == withdraws.route && round/2%n == n-1 {
			places = append(places, i)
		}
	}
	return places
}

// Who tries without the confirmation, and is told to confirm first, breaks nothing.
func TestARefusedCallBeforeTheMissingStepBreaksNoOrder(t *testing.T) {
	rule := inOrder(t, usually(2, refusal(withdraws, 0, sec), step{5 * sec, sec, "/confirmations", 200}, withdraws))
	assert.Equal(t, "resp.status < 400", rule.Rule.When.Text)
}

func TestTheLastCallIsTheOneThatEndedLast(t *testing.T) {
	const n = 35
	inVain := usually(n, refusal(confirms, 0, 20*sec), step{sec, sec, "/confirmations", 200}, withdraws)
	near := nearly(violatesNothing(t, inVain), "POST /withdrawals", confirmed)
	assert.Equal(t, behind(inVain, n), exceptionsOf(t, near), "what was refused ended last")
	inOrder(t, usually(2, step{0, 20 * sec, "/confirmations", 200}, refusal(confirms, sec, sec), withdraws))
}

// What rules cannot tell apart at run time comes before nothing.
func TestRoutesThatAreOneAtRunTimeComeBeforeNothing(t *testing.T) {
	for _, other := range []string{"/confirm/{name}", "/Confirm/{id}", "/confirm/*"} {
		t.Run(other, func(t *testing.T) {
			calls := timed(900, func(round int) []step {
				if round%3 != 0 {
					return []step{looks}
				}
				return []step{{0, sec, "/confirm/{id}", 200}, {5 * sec, sec, other, []int{200, 403}[round%2]}, withdraws}
			})
			for _, c := range calls {
				c.path = strings.NewReplacer("{id}", "1", "{name}", "x", "*", "y").Replace(c.path)
			}
			assert.NotContains(t, checks(violatesNothing(t, calls)), "earlier(")
		})
	}
}

// While mail is sent behind the answer nobody knows whether there was a confirmation: that is not as if there were none.
func TestWorkBehindTheAnswerHidesNoCall(t *testing.T) {
	calls := usually(700)
	for i, c := range calls {
		if c.route == confirms.route && i%8 == 1 {
			c.calls = []*call{{service: "mailer", method: "POST", route: "/mail", path: "/mail", status: 200, delay: sec / 2, length: 50 * sec}}
		}
	}
	assert.Greater(t, inOrder(t, calls).Evidence.Calls, 300)
}

// Confirmations that go on hide none that has ended.
func TestThreeCallsAtOnceHideNone(t *testing.T) {
	rule := inOrder(t, usually(4, confirms, step{25 * sec, 20 * sec, "/confirmations", 200}, refusal(confirms, 26*sec, 20*sec), withdraws))
	assert.Equal(t, inOrder(t, usually(700)).Evidence, rule.Evidence)
}

// With hardly any other calls nobody knows whether confirmations come before everything.
func TestWithoutOtherCallsAnOrderIsChance(t *testing.T) {
	for name, others := range map[string]int{"none": 0, "a few": 20} {
		t.Run(name, func(t *testing.T) {
			r := result(t, timed(600, func(round int) []step {
				if round > 40 && round <= 40+others {
					return []step{looks}
				}
				return []step{confirms, withdraws}
			}))
			assert.Nil(t, find(r, confirmed))
			assert.Positive(t, r.Counts.RejectedBy[whyChance])
		})
	}
}

// What comes first most of all may be left out: then it is what comes first behind that.
func TestAnOrderIsFoundBehindOneThatIsBroken(t *testing.T) {
	inOrder(t, timed(900, func(round int) []step {
		switch {
		case round%3 != 0 && round%10 != 0:
			return []step{looks}
		case round%3 != 0:
			return []step{confirms, {20 * sec, sec, "/looks", 200}}
		case round%50 == 1:
			return []step{confirms, withdraws}
		}
		return []step{confirms, {10 * sec, sec, "/codes", 200}, withdraws}
	}))
}

// Nobody knows whether a call without a status was refused.
func TestCallsWithoutAStatusCountForNothing(t *testing.T) {
	usual := inOrder(t, usually(700)).Evidence
	before := inOrder(t, usually(5, step{0, sec, "/confirmations", 0}, withdraws))
	assert.Equal(t, usual.Calls*4/5, before.Evidence.Calls, "a confirmation")
	last := inOrder(t, usually(5, refusal(confirms, 0, sec), step{5 * sec, sec, "/confirmations", 0}, withdraws))
	assert.Equal(t, usual.Calls*4/5, last.Evidence.Calls, "the last confirmation")
	after := inOrder(t, usually(5, step{0, sec, "/withdrawals", 0}))
	assert.Equal(t, usual.Calls*4/5, after.Evidence.Calls, "a withdrawal")
}

// Whoever makes sessions up has others forgotten, who are no violators therefore.
func TestSessionsThatAreMadeUpMakeNobodyAViolator(t *testing.T) {
	s := strict()
	s.References.MaxBytes, s.References.MaxCallers = 1<<20, 1000
	rule := find(learned(t, s, flooded(usually(700))).Result(), confirmed)
	require.NotNil(t, rule)
	assert.Equal(t, 350-4, rule.Evidence.Calls, "four were forgotten")
}

// flooded has many sessions come between some confirmations and their withdrawals.
func flooded(honest []*call) (calls []*call) {
	for _, c := range honest {
		if c.route == withdraws.route && slices.Contains([]string{"session-401", "session-451", "session-501", "session-551"}, c.session) {
			for i := range 3500 {
				made := posted(i, nil)
				made.session, made.route, made.path = fmt.Sprint("made up ", len(calls)), looks.route, looks.route
				made.start, made.length = c.start.Add(time.Duration(i-5000)*time.Millisecond), time.Microsecond
				calls = append(calls, made)
			}
		}
		calls = append(calls, c)
	}
	return calls
}

// The claims are saved, also those that have just begun.
func TestALearnerThatIsLoadedLearnsTheSameOrder(t *testing.T) {
	calls := usually(700)
	whole := inOrder(t, calls)
	for _, at := range []int{5, 525} {
		l := newLearner(t)
		for i, trace := range traces(t, calls) {
			if l.Learn(trace); i == at {
				l = again(t, l)
			}
		}
		rule := find(l.Result(), confirmed)
		require.NotNil(t, rule, "saved after %d calls", at)
		assert.Equal(t, whole.Evidence, rule.Evidence)
	}
}

// Of the very first calls nobody knows what came before: they broke nothing.
func TestTheFirstCallsThatBrokeTheOrderAreTold(t *testing.T) {
	calls := timed(700, func(round int) []step {
		switch {
		case round%2 == 0:
			return []step{looks}
		case round < 20 || round == 41 || round == 43:
			return []step{withdraws}
		case round < 40:
			return nil
		}
		return []step{confirms, withdraws}
	})
	near := nearly(result(t, calls), "POST /withdrawals", confirmed)
	var told []string
	for _, i := range exceptionsOf(t, near) {
		told = append(told, calls[i].session)
	}
	assert.Equal(t, []string{"session-41", "session-43"}, told)
	assert.Equal(t, 2, near.Evidence.Violations)
}
