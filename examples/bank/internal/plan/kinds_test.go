package plan

import (
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKinds(t *testing.T) {
	all := Kinds()
	assert.GreaterOrEqual(t, len(all), 24)
	assert.Equal(t, all, Kinds(), "always in the same order")
	all[0].Expect[0] = "changed by somebody"
	assert.NotEqual(t, all[0], Kinds()[0], "what is handed out is a copy")
	snake := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	names := map[string]bool{}
	holes := map[string]bool{}
	for _, k := range Kinds() {
		assert.Regexp(t, snake, k.Name)
		assert.False(t, names[k.Name], k.Name)
		names[k.Name] = true
		assert.NotEmpty(t, k.Title)
		assert.NotEmpty(t, k.Expect)
		assert.Subset(t, []string{"traffic", "dos", "low_rate", "invariant"}, k.Expect)
		holes[k.Hole] = true
	}
	for _, hole := range []string{
		"read-without-owner", "skipped-step", "price-from-client", "pays-from-any-account", "refund-without-state", "mass-assignment",
		"sql-concatenation", "unchecked-mandate",
	} {
		assert.True(t, holes[hole], "nobody uses the hole %s", hole)
	}
}

// Why a kind is not seen is told of kinds that there are, and in a clause.
func TestUnseenTampering(t *testing.T) {
	told := map[string]string{}
	for _, k := range Kinds() {
		assert.False(t, k.UnseenPart && k.Unseen == "", k.Name)
		if k.Unseen != "" {
			assert.True(t, k.Tampering(), k.Name)
			assert.LessOrEqual(t, len(k.Unseen), 60, k.Name)
			told[k.Name] = k.Unseen
		}
	}
	assert.Equal(t, unseen, told)
}

// onlyAttack is an hour with one attack, after half of it, and few other calls.
func onlyAttack(seed uint64, kind string, strength float64) Options {
	o := Quiet(seed, time.Hour)
	o.Rate = 0.5
	o.Attacks = []Scheduled{{Kind: kind, At: 30 * time.Minute, Strength: strength}}
	return o
}

func labelled(p *Plan) (calls []Call) {
	for _, c := range p.Calls {
		if c.Attack >= 0 {
			calls = append(calls, c)
		}
	}
	return calls
}

func TestEveryKindIsMade(t *testing.T) {
	const seed = 5
	o := onlyAttack(seed, "flood", 1)
	o.Attacks = nil
	quiet := made(t, o)
	honest := map[string]bool{"10.0.0.5": true, "192.0.2.66": true}
	for _, someone := range newPeople(o).all {
		honest[someone.address] = true
	}
	for _, k := range Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			p := made(t, onlyAttack(seed, k.Name, 1))
			require.Len(t, p.Attacks, 1)
			a := p.Attacks[0]
			assert.Equal(t, k.Name+"-1", a.ID)
			assert.Equal(t, k.Name, a.Kind)
			calls := labelled(p)
			require.NotEmpty(t, calls)
			assert.Equal(t, a.Begin, calls[0].At)
			assert.Equal(t, a.End, calls[len(calls)-1].At)
			assert.GreaterOrEqual(t, a.Begin, 30*time.Minute)
			clients := map[string]bool{}
			for _, c := range p.Calls {
				if c.Line >= quiet.Lines {
					clients[c.Client] = true
				}
			}
			assert.ElementsMatch(t, a.Clients, slices.Collect(maps.Keys(clients)))
			for client := range clients {
				assert.False(t, honest[client], "%s is an honest client's", client)
			}

			more := labelled(made(t, onlyAttack(seed, k.Name, 3)))
			if k.Name == "elevated_role" {
				assert.Len(t, calls, 1+3)
				assert.Len(t, more, 1+9)
				return
			}
			assert.InEpsilon(t, 3*len(calls), len(more), 0.1, "three times as strong")
		})
	}
}

func TestAttacksByTrafficHaveTheirRates(t *testing.T) {
	for _, tt := range []struct {
		kind            string
		clients         int
		least, most     int // labelled calls
		shortest, until time.Duration
	}{
		{"flood", 28, 2100, 2300, 110 * time.Second, 2 * time.Minute},
		{"theft_loud", 1, 830, 900, 80 * time.Second, 90 * time.Second},
		{"theft_slow", 1, 80, 95, 28 * time.Minute, 30 * time.Minute},
		{"theft_distributed", 40, 225, 245, 29 * time.Minute, 30 * time.Minute},
		{"probing", 1, 75, 85, 19 * time.Minute, 20 * time.Minute},
		{"password_guessing", 1, 90, 110, 19 * time.Minute, 20 * time.Minute},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			p := made(t, onlyAttack(3, tt.kind, 1))
			calls, a := labelled(p), p.Attacks[0]
			assert.True(t, len(calls) >= tt.least && len(calls) <= tt.most, len(calls))
			assert.GreaterOrEqual(t, a.End-a.Begin, tt.shortest)
			assert.LessOrEqual(t, a.End, 30*time.Minute+tt.until)
			assert.Len(t, a.Clients, tt.clients)
		})
	}
}

// Together the thieves walk through the accounts from the first on, whoever asks for which.
func TestTheftsWalk(t *testing.T) {
	for _, kind := range []string{"theft_loud", "theft_slow", "theft_distributed"} {
		calls := labelled(made(t, onlyAttack(3, kind, 1)))
		asked := map[string]bool{}
		for _, c := range calls {
			asked[c.Path] = true
		}
		assert.Len(t, asked, len(calls), kind)
		for i := range len(calls) - 10 { // the last ones may be out of order
			assert.True(t, asked["/accounts/"+number(1001+int64(i))], "%s: account %d of %d", kind, 1001+i, len(calls))
		}
	}
}

// The slow walk makes a few calls in each minute until its end.
func TestSlowTheftIsSlow(t *testing.T) {
	p := made(t, onlyAttack(3, "theft_slow", 1))
	minutes := map[time.Duration]int{}
	for _, c := range labelled(p) {
		minutes[c.At.Truncate(time.Minute)]++
	}
	assert.GreaterOrEqual(t, len(minutes), 29)
	for minute, calls := range minutes {
		assert.LessOrEqual(t, calls, 7, minute)
	}
}

// A call that pretends to be a service's is found in the trace that it claims.
func TestForgedTraceparent(t *testing.T) {
	calls := labelled(made(t, onlyAttack(1, "forged_traceparent", 1)))
	require.Len(t, calls, 5)
	for _, c := range calls {
		assert.Regexp(t, "^00-"+c.TraceID+"-[0-9a-f]{16}-01$", c.Header["traceparent"])
	}
}

// Many attacks of a kind, each by somebody else, with their indexes in order.
func TestManyAttacks(t *testing.T) {
	o := Quiet(1, time.Hour)
	const attacks = 300 // more than one network has addresses
	for i := range attacks {
		o.Attacks = append(o.Attacks, Scheduled{Kind: "read_foreign_account", At: time.Duration(3000-10*i) * time.Second, Strength: 1})
	}
	p := made(t, o)
	clients, ids := map[string]bool{}, map[string]bool{}
	for i, a := range p.Attacks {
		assert.True(t, i == 0 || p.Attacks[i-1].Begin <= a.Begin, "by Begin")
		clients[a.Clients[0]], ids[a.ID] = true, true
	}
	assert.Len(t, clients, attacks)
	assert.Len(t, ids, attacks)
	for _, c := range labelled(p) {
		a := p.Attacks[c.Attack]
		assert.True(t, c.At >= a.Begin && c.At <= a.End && a.Clients[0] == c.Client)
	}
}
