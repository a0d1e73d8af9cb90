package tampering

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/check"
)

// Missed lists the tampered copies that were not found by API, field and kind, most first.
func (r *Report) Missed() string {
	return r.list(func(o *Outcome) bool { return !o.Sham && !o.Found })
}

// Finders lists the rules that found tampered copies: how many, how many that no other rule found, and of which kinds.
func (r *Report) Finders() string {
	type finder struct {
		rule, example string
		found, alone  int
		kinds         map[string]int
	}
	finders := make(map[string]*finder)
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		if o.Sham {
			continue
		}
		rules := make(map[string]*check.Violation)
		for j := range o.Violations {
			rules[o.Violations[j].Invariant] = &o.Violations[j]
		}
		for rule, v := range rules {
			f := finders[rule]
			if f == nil {
				f = &finder{rule: rule, example: v.API + "  " + v.Expression, kinds: make(map[string]int)}
				finders[rule] = f
			}
			f.found++
			f.kinds[o.Kind]++
			if len(rules) == 1 {
				f.alone++
			}
		}
	}
	list := slices.SortedFunc(maps.Values(finders), func(a, b *finder) int {
		return cmp.Or(cmp.Compare(b.found, a.found), strings.Compare(a.rule, b.rule))
	})
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "%4d (%d alone)  %s  %s ", f.found, f.alone, f.rule, f.example)
		for _, kind := range slices.Sorted(maps.Keys(f.kinds)) {
			fmt.Fprintf(&b, "  %s %d", kind, f.kinds[kind])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Unexplained lists the tampered copies that were found by rules that did not read what was tampered with.
func (r *Report) Unexplained() string {
	return r.list(func(o *Outcome) bool { return !o.Sham && o.Found && !o.Explained })
}

// AlarmedShams lists the shams that raised an alarm.
func (r *Report) AlarmedShams() string {
	return r.list(func(o *Outcome) bool { return o.Sham && o.Found })
}

func (r *Report) list(wanted func(*Outcome) bool) string {
	type group struct {
		name    string
		n, all  int
		example string
	}
	groups := make(map[string]*group)
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		name := o.API + "  " + o.Field + "  " + o.Kind
		g := groups[name]
		if g == nil {
			g = &group{name: name}
			groups[name] = g
		}
		if !o.Sham {
			g.all++
		}
		if !wanted(o) {
			continue
		}
		g.n++
		if g.example == "" {
			g.example = fmt.Sprintf("%q → %q, trace %s", o.Old, o.New, o.Trace.ID)
			if len(o.Violations) > 0 {
				g.example += ": " + o.Violations[0].Invariant + ": " + o.Violations[0].Explanation
			}
		}
	}
	var list []*group
	for _, g := range groups {
		if g.n > 0 {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b *group) int { return cmp.Or(cmp.Compare(b.n, a.n), strings.Compare(a.name, b.name)) })
	var b strings.Builder
	for _, g := range list {
		fmt.Fprintf(&b, "%3d of %2d  %s  %s\n", g.n, g.all, g.name, g.example)
	}
	return b.String()
}

// Alarms lists violations by rule, most first, each with one explanation.
func Alarms(violations []check.Violation) string {
	count := make(map[string]int)
	example := make(map[string]*check.Violation)
	for i := range violations {
		v := &violations[i]
		count[v.Invariant]++
		if example[v.Invariant] == nil {
			example[v.Invariant] = v
		}
	}
	rules := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), strings.Compare(a, b))
	})
	var b strings.Builder
	for _, rule := range rules {
		v := example[rule]
		fmt.Fprintf(&b, "%4d  %s (%s)  %s  trace %s: %s\n", count[rule], rule, v.Kind, v.API, v.TraceID, v.Explanation)
	}
	return b.String()
}
