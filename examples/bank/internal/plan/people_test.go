package plan

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// endpoint is a call's method and path with identifiers replaced.
func endpoint(c Call) string {
	path, _, _ := strings.Cut(c.Path, "?")
	parts := strings.Split(path, "/")
	if len(parts) > 2 {
		parts[2] = "{id}"
	}
	return c.Method + " " + strings.Join(parts, "/")
}

func TestADayOfQuietTraffic(t *testing.T) {
	p := made(t, Quiet(7, 24*time.Hour))
	perMinute := float64(len(p.Calls)) / (24 * 60)
	assert.True(t, perMinute >= 60 && perMinute <= 90, "%.1f calls a minute", perMinute)

	var hours [24]float64
	sessions, calls := map[string]bool{}, 0
	for _, c := range p.Calls {
		if c.Login != "" {
			sessions[c.Login] = true
			calls++
			hours[int(p.Options.Hour+c.At.Hours())%24]++
		}
	}
	assert.InDelta(t, 8, float64(calls)/float64(len(sessions)), 1, "calls in a session")
	assert.InDelta(t, p.Options.Rate*24*60, float64(len(sessions)), 500)
	for _, busy := range []int{10, 18} {
		for _, calm := range []int{14, 22} {
			assert.Greater(t, hours[busy], 1.3*hours[calm], "%d and %d o'clock", busy, calm)
		}
		assert.Greater(t, hours[busy], 4*hours[3], "%d and 3 o'clock", busy)
	}
}

func TestTheHourOfThePresetsIsAnAverageOne(t *testing.T) {
	calls := 0
	for seed := range uint64(6) {
		calls += len(made(t, Quiet(seed, time.Hour)).Calls)
	}
	perMinute := float64(calls) / (6 * 60)
	assert.True(t, perMinute >= 60 && perMinute <= 90, "%.1f calls a minute", perMinute)
}

func TestTheRhythmHasAMeanOfOne(t *testing.T) {
	sum := 0.0
	const parts = 24 * 60
	for i := range parts {
		factor := rhythm(24 * float64(i) / parts)
		assert.True(t, factor > 0.1 && factor <= highest)
		sum += factor
	}
	assert.InDelta(t, 1, sum/parts, 0.001)
	assert.InDelta(t, rhythm(0), rhythm(24), 1e-9)
	assert.InDelta(t, 1, rhythm(afternoon), 0.05)
}

func TestPeople(t *testing.T) {
	for seed := range uint64(20) {
		p := newPeople(Quiet(seed, time.Hour))
		sharing, apps, clerks, modern := 0, 0, 0, 0
		addresses := map[string]int64{}
		for _, someone := range p.all {
			assert.Equal(t, store.IsClerk(someone.id), someone.habit.name == "clerk")
			if !someone.present {
				continue
			}
			if someone.habit.app {
				apps++
			}
			if store.IsClerk(someone.id) {
				clerks++
			}
			if strings.Contains(someone.address, ":") {
				modern++
			}
			if someone.address == carrier[0] || someone.address == carrier[1] {
				sharing++
				continue
			}
			assert.Zero(t, addresses[someone.address], "%s is another's", someone.address)
			addresses[someone.address] = someone.id
		}
		assert.GreaterOrEqual(t, sharing, 100, "customers behind two addresses")
		assert.InDelta(t, 1./3, float64(apps)/float64(len(p.present)), 0.03)
		assert.Equal(t, Customers/40, clerks)
		assert.Positive(t, modern)
		assert.InDelta(t, idle*Customers, len(p.idle), 6)
	}
}

// A person does one thing at a time.
func TestSessionsOfAUserDoNotOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawn(t)
		o.Attacks, o.Users, o.Rate = nil, 80, 9
		p := made(t, o)
		user := map[int]string{} // of a line
		begin, end := map[int]time.Duration{}, map[int]time.Duration{}
		for _, c := range p.Calls {
			name, _, _ := strings.Cut(c.Login, "-")
			if name == "" {
				continue
			}
			if _, known := begin[c.Line]; !known {
				for line, at := range end {
					require.True(t, user[line] != name || at < c.At, "%s comes again before it has left", name)
				}
				begin[c.Line], user[c.Line] = c.At, name
			}
			end[c.Line] = c.At
		}
	})
}

// An app asks for two or three things as soon as its user is in.
func TestAppsOpenWithABurst(t *testing.T) {
	p := made(t, Quiet(1, time.Hour))
	lines := map[int][]Call{}
	for _, c := range p.Calls {
		if strings.HasPrefix(c.UserAgent, "ExampleBank/") {
			lines[c.Line] = append(lines[c.Line], c)
		}
	}
	require.NotEmpty(t, lines)
	for _, calls := range lines {
		for len(calls) > 1 && calls[1].Path == "/login" {
			calls = calls[1:] // mistyped
		}
		if len(calls) < 4 {
			continue // cut off by the end of the plan
		}
		assert.Equal(t, []string{"/login", "/accounts", "/profile"}, []string{calls[0].Path, calls[1].Path, calls[2].Path})
		assert.LessOrEqual(t, calls[2].At-calls[1].At, 300*time.Millisecond)
	}
}

func TestPeopleThink(t *testing.T) {
	p := made(t, Quiet(1, time.Hour))
	last := map[int]time.Duration{}
	pauses := 0
	var short, long int
	for _, c := range p.Calls {
		if c.Login == "" || strings.HasPrefix(c.UserAgent, "ExampleBank/") {
			continue
		}
		if before, ok := last[c.Line]; ok {
			pause := c.At - before
			if pause < 800*time.Millisecond || pause > time.Minute {
				assert.Fail(t, "a pause of "+pause.String())
			}
			pauses++
			if pause < 6*time.Second {
				short++
			} else {
				long++
			}
		}
		last[c.Line] = c.At
	}
	assert.InDelta(t, 0.5, float64(short)/float64(pauses), 0.03, "half of the pauses are below 6 s")
}

func TestRobots(t *testing.T) {
	const hours = 4
	p := made(t, Quiet(1, hours*time.Hour))
	checks, visits := 0, 0
	pages := map[string]bool{}
	var begun time.Duration
	finish := func() {
		if visits > 0 && begun < p.Options.Length-5*time.Minute {
			assert.True(t, len(pages) >= 8 && len(pages) <= 14, len(pages))
		}
	}
	for _, c := range p.Calls {
		switch {
		case c.Path == "/healthz":
			checks++
		case c.Path == "/robots.txt":
			finish()
			visits++
			begun, pages = c.At, map[string]bool{}
		case strings.HasPrefix(c.UserAgent, "ExampleBot"):
			assert.False(t, pages[c.Path], "a page is fetched once a visit")
			pages[c.Path] = true
			assert.LessOrEqual(t, c.At-begun, 3*time.Minute+30*time.Second)
		}
	}
	finish()
	assert.Equal(t, hours*360, checks)
	assert.InDelta(t, hours*4, visits, 2)
}

// window is what somebody did in a minute.
type window struct {
	calls                int
	resources, endpoints map[string]bool
}

// trail is what somebody did, by minute.
type trail map[int]*window

func (t trail) add(c Call) {
	minute := int(c.At / time.Minute)
	if t[minute] == nil {
		t[minute] = &window{resources: map[string]bool{}, endpoints: map[string]bool{}}
	}
	t[minute].calls++
	t[minute].resources[c.Path] = true
	t[minute].endpoints[endpoint(c)] = true
}

// walks reports whether the half hour from that minute on looks like a slow walk through identifiers: one endpoint, ever
// other resources of it, a few calls in most minutes.
func (t trail) walks(first int) bool {
	const period, busy, mostCalls, leastResources = 30, 24, 10, 15
	windows, calls, endpoints := 0, 0, 0
	resources := map[string]bool{}
	for minute := first; minute < first+period; minute++ {
		if w := t[minute]; w != nil {
			windows++
			calls += w.calls
			endpoints = max(endpoints, len(w.endpoints))
			maps.Copy(resources, w.resources)
		}
	}
	return len(resources) >= leastResources && windows >= busy && calls <= mostCalls*windows && endpoints == 1
}

// No honest address looks like a slow walk, at the busiest hours of the day, not even when only its calls to one endpoint
// are looked at; but that is too much to ask of the addresses that a hundred people share.
func TestNobodyWalks(t *testing.T) {
	for seed := range uint64(2) {
		o := Quiet(seed, 100*time.Minute)
		o.Hour = 9.5
		trails := map[string]trail{}
		add := func(name string, c Call) {
			if trails[name] == nil {
				trails[name] = trail{}
			}
			trails[name].add(c)
		}
		for _, c := range made(t, o).Calls {
			add(c.Client, c)
			if !slices.Contains(carrier, c.Client) {
				add(c.Client+" "+endpoint(c), c)
			}
		}
		for name, trail := range trails {
			for first := range int(o.Length/time.Minute) - 30 {
				assert.False(t, trail.walks(first), "%s from minute %d", name, first)
			}
		}
	}
	thief := trail{}
	for _, c := range labelled(made(t, onlyAttack(1, "theft_slow", 1))) {
		thief.add(c)
	}
	assert.True(t, thief.walks(30), "a thief does")
}
