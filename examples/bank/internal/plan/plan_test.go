package plan

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawn is a short plan's options with some attacks.
func drawn(t *rapid.T) Options {
	o := Options{
		Seed:   rapid.Uint64().Draw(t, "seed"),
		Length: time.Duration(rapid.IntRange(8, 10).Draw(t, "minutes")) * time.Minute,
		Hour:   rapid.Float64Range(0, 23.9).Draw(t, "hour"),
		Users:  rapid.IntRange(80, 300).Draw(t, "users"),
		Rate:   rapid.Float64Range(0.5, 3).Draw(t, "rate"),
	}
	all := Kinds()
	for range rapid.IntRange(0, 4).Draw(t, "attacks") {
		o.Attacks = append(o.Attacks, Scheduled{
			Kind:     all[rapid.IntRange(0, len(all)-1).Draw(t, "kind")].Name,
			At:       time.Duration(rapid.IntRange(0, 60).Draw(t, "at")) * time.Second,
			Strength: rapid.Float64Range(0.5, 1.5).Draw(t, "strength"),
			Length:   time.Duration(rapid.IntRange(60, 150).Draw(t, "length")) * time.Second,
		})
	}
	return o
}

func made(t require.TestingT, o Options) *Plan {
	p, err := New(o)
	require.NoError(t, err)
	return p
}

func TestSameOptionsGiveTheSamePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawn(t)
		first := made(t, o)
		if second := made(t, o); !reflect.DeepEqual(first, second) {
			require.Equal(t, first, second)
		}
	})
}

func TestAnotherSeedGivesAnotherPlan(t *testing.T) {
	o := Quiet(1, 10*time.Minute)
	first := made(t, o)
	o.Seed = 2
	second := made(t, o)
	assert.NotEqual(t, first.Calls, second.Calls)
	assert.NotEqual(t, first.Calls[20].TraceID, second.Calls[20].TraceID)
}

// Nobody's calls are others because somebody attacks, and an attack is not another one because others follow in the list.
func TestAttacksLeaveTheOthersAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawn(t)
		all := made(t, o)
		for _, fewer := range []int{0, len(o.Attacks) / 2} {
			o := o
			o.Attacks = o.Attacks[:fewer]
			p := made(t, o)
			want, got := unlabelled(p.Calls), unlabelled(linesBelow(all, p.Lines))
			if !reflect.DeepEqual(want, got) {
				require.Equal(t, want, got)
			}
		}
	})
}

func linesBelow(p *Plan, line int) []Call {
	return slices.DeleteFunc(slices.Clone(p.Calls), func(c Call) bool { return c.Line >= line })
}

// unlabelled drops the indexes of the attacks, which another one may move.
func unlabelled(calls []Call) []Call {
	for i := range calls {
		calls[i].Attack = min(calls[i].Attack, 0)
	}
	return calls
}

func TestThePlanKeepsTheOptionsItWasMadeOf(t *testing.T) {
	o := Flood(1)
	p := made(t, o)
	o.Attacks[0].Kind = "changed afterwards"
	assert.Equal(t, Flood(1), p.Options)
}

func TestCallsAreInOrderAndWellFormed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := made(t, drawn(t))
		last := make([]time.Duration, p.Lines)
		callers := make([]string, p.Lines)
		seen := map[string]bool{} // trace ids and idempotency keys
		at := time.Duration(0)
		for _, c := range p.Calls {
			caller := c.Client + " " + c.UserAgent
			key := c.Header["Idempotency-Key"]
			switch {
			case c.At < at || c.At >= p.Options.Length:
				t.Fatalf("%v is after %v", at, c.At)
			case c.Line < 0 || c.Line >= p.Lines || callers[c.Line] != "" && callers[c.Line] != caller:
				t.Fatalf("line %d is %s and then %s", c.Line, callers[c.Line], caller)
			case last[c.Line] > 0 && c.At <= last[c.Line]:
				t.Fatalf("line %d makes two calls at %v", c.Line, c.At)
			case seen[c.TraceID], key != "" && seen[key]:
				t.Fatalf("%s or %s is there already", c.TraceID, key)
			case c.Attack < -1 || c.Attack >= len(p.Attacks):
				t.Fatalf("there is no attack %d", c.Attack)
			}
			at, last[c.Line], callers[c.Line] = c.At, c.At, caller
			seen[c.TraceID], seen[key] = true, true
			if problem := malformed(c); problem != "" {
				t.Fatalf("%s: %+v", problem, c)
			}
		}
	})
}

func malformed(c Call) string {
	id, err := hex.DecodeString(c.TraceID)
	if err != nil || len(id) != 16 {
		return "trace id"
	}
	u, err := url.ParseRequestURI(c.Path)
	if err != nil {
		return "path"
	}
	if _, err := url.ParseQuery(u.RawQuery); err != nil {
		return "query"
	}
	if c.Body != "" && !json.Valid([]byte(c.Body)) {
		return "body"
	}
	if !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPatch}, c.Method) {
		return "method"
	}
	address, err := netip.ParseAddr(c.Client)
	if err != nil || address.IsPrivate() != (c.Path == "/healthz") {
		return "address" // only the platform is inside
	}
	if c.UserAgent == "" {
		return "user agent"
	}
	return ""
}

// A session is one user's: it begins with a login, and the others who use its token do so from the same address.
func TestLoginsAreUnique(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := made(t, drawn(t))
		users, clients, lines := map[string]string{}, map[string]string{}, map[string]int{}
		for _, c := range p.Calls {
			if c.Login == "" {
				continue
			}
			if c.Path == "/login" {
				user := bodyOf(t, c)["username"].(string)
				if users[c.Login] != "" && (users[c.Login] != user || lines[c.Login] != c.Line) {
					t.Fatalf("%s is the name of two sessions", c.Login)
				}
				users[c.Login], clients[c.Login], lines[c.Login] = user, c.Client, c.Line
				continue
			}
			if users[c.Login] == "" || clients[c.Login] != c.Client {
				t.Fatalf("%s %s with the token of %s, by %s", c.Method, c.Path, c.Login, c.Client)
			}
		}
	})
}

func bodyOf(t require.TestingT, c Call) map[string]any {
	var body map[string]any
	require.NoError(t, json.Unmarshal([]byte(c.Body), &body))
	return body
}

func TestOptionsAreValidated(t *testing.T) {
	attack := func(change func(*Scheduled)) func(*Options) {
		return func(o *Options) {
			s := Scheduled{Kind: "probing", At: time.Minute, Strength: 1}
			change(&s)
			o.Attacks = []Scheduled{s}
		}
	}
	for name, tt := range map[string]struct {
		change func(*Options)
		says   string
	}{
		"no length":         {func(o *Options) { o.Length = 0 }, "length is 0s"},
		"too long":          {func(o *Options) { o.Length = 1000 * time.Hour }, "length is 1000h0m0s"},
		"hour":              {func(o *Options) { o.Hour = 24 }, "hour is 24"},
		"no hour":           {func(o *Options) { o.Hour = math.NaN() }, "hour is NaN"},
		"few users":         {func(o *Options) { o.Users = 79 }, "users is 79: use a value from 80"},
		"many users":        {func(o *Options) { o.Users = 1e6 }, "users is 1000000"},
		"no rate":           {func(o *Options) { o.Rate = 0 }, "rate is 0"},
		"rate":              {func(o *Options) { o.Rate = math.Inf(1) }, "rate is +Inf"},
		"unknown kind":      {attack(func(s *Scheduled) { s.Kind = "earthquake" }), "attack 1 (earthquake): there is no such kind"},
		"before the start":  {attack(func(s *Scheduled) { s.At = -1 }), "it begins at -1ns"},
		"after the end":     {attack(func(s *Scheduled) { s.At = 2 * time.Hour }), "it begins at 2h0m0s"},
		"no strength":       {attack(func(s *Scheduled) { s.Strength = 0 }), "strength is 0"},
		"endless strength":  {attack(func(s *Scheduled) { s.Strength = math.Inf(1) }), "strength is +Inf"},
		"negative length":   {attack(func(s *Scheduled) { s.Length = -1 }), "length is -1ns"},
		"past the end":      {attack(func(s *Scheduled) { s.Length = time.Hour }), "it would last until 1h1m0s"},
		"no time for it":    {attack(func(s *Scheduled) { s.At = 50 * time.Minute }), "it takes 20m0s and has 10m0s left"},
		"slow and too late": {attack(func(s *Scheduled) { s.Kind, s.At = "theft_slow", 40*time.Minute }), "it takes 30m0s and has 20m0s left"},
		"tampers too late":  {attack(func(s *Scheduled) { s.Kind, s.At = "guessed_code", time.Hour-time.Second }), "it would last until"},
	} {
		t.Run(name, func(t *testing.T) {
			o := Quiet(1, time.Hour)
			tt.change(&o)
			p, err := New(o)
			require.ErrorContains(t, err, tt.says)
			assert.True(t, strings.HasPrefix(err.Error(), "plan: "))
			assert.Nil(t, p)
		})
	}
}

func BenchmarkHour(b *testing.B) {
	o := Demo(1)
	for b.Loop() {
		if _, err := New(o); err != nil {
			b.Fatal(err)
		}
	}
}
