package minereport

import (
	"cmp"
	"slices"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// head tells what was learned, and from what.
func (p *page) head(r *Report) {
	c := &r.Result.Counts
	p.line("# What was learned\n")
	p.line("%s from %s in %s. %s of %s were rejected.",
		counted(len(r.Result.Rules), "rule was learned", "rules were learned"),
		counted(c.Calls, "call", "calls"), counted(c.Traces, "trace", "traces"),
		number(rejections(c)), counted(c.Candidates, "candidate", "candidates"))
	p.toLookAt(r)
	if r.Proof != nil && len(r.Result.Rules) > 0 {
		p.line("\nAt last all traces were judged by the rules of the file, as `spanwarden check` does it: %s.", verdict(r))
	}
	p.kinds(r)
	p.sources(r)
	if len(r.Hints) > 0 {
		p.line("\nMore could be learned:\n")
		p.items(r.Hints, len(r.Hints))
	}
}

// toLookAt asks people to look at the calls that differ.
func (p *page) toLookAt(r *Report) {
	written, left := r.Result.CountNear()
	if left > 0 {
		p.line("%s if [some calls](#near-invariants) were not as they are: please look at them.",
			counted(left, "more would be a rule", "more would be rules"))
	}
	if written > 0 {
		p.line("%s by [a few calls](#near-invariants), within the tolerance: please look at those as well.",
			counted(written, "rule is violated", "rules are violated"))
	}
}

// verdict is the end of the last proof.
func verdict(r *Report) string {
	broken := 0
	for i := range r.Result.Rules {
		if r.Result.Rules[i].Evidence.Violations > 0 {
			broken++
		}
	}
	text := "none of them is violated"
	if broken > 0 {
		text = counted(broken, "is violated", "are violated") + ", within the tolerance"
	}
	if n := r.Proof.Failed; n > 0 {
		text += "; " + counted(n, "that was violated more often is", "that were violated more often are") + " not in the file"
	}
	return text
}

// kinds counts rules by kind.
func (p *page) kinds(r *Report) {
	rules, near := make(map[string]int), make(map[string]int)
	for i := range r.Result.Rules {
		rules[r.Result.Rules[i].Rule.Kind]++
	}
	for _, n := range allNear(r) {
		near[n.Rule.Kind]++
	}
	p.line("\n| kind | rules | near-invariants |\n|---|--:|--:|")
	for _, kind := range append(rulefile.Kinds(), "") {
		if rules[kind]+near[kind] > 0 {
			p.line("| %s | %s | %s |", cmp.Or(kind, "not said"), number(rules[kind]), number(near[kind]))
		}
	}
	p.line("| all | %s | %s |", number(len(r.Result.Rules)), number(len(allNear(r))))
}

// sources tells what was learned from.
func (p *page) sources(r *Report) {
	t, c := &r.Traffic, &r.Result.Counts
	p.line("\n## Learned from\n")
	if len(t.Files) > 0 {
		p.line("* recordings: %s", listed(names(t.Files), maxNames, 0))
	}
	if c.Calls > 0 {
		p.line("* time: %s to %s UTC (%s)", moment(t.From), moment(t.To), length(t.To.Sub(t.From)))
	}
	p.line("* calls: %s of %s in %s of about %s", number(c.Calls), counted(c.APIs, "API", "APIs"),
		counted(c.Traces, "trace", "traces"), counted(c.Sessions, "session", "sessions"))
	p.line("* of these calls, %s tell their user and %s their session; %s have a request body, %s a response body and %s statements",
		number(t.WithUser), number(t.WithSession), number(t.WithRequestBody), number(t.WithResponseBody), number(t.WithStatements))
	var services []string
	for _, s := range t.Services {
		services = append(services, name(s.Name)+" ("+counted(s.Calls, "call", "calls")+")")
	}
	if len(services) > 0 {
		p.line("* services: %s", listed(services, maxServices, t.MoreServices))
	}
	if t.Skipped > 0 {
		p.line("* left out, as you said: %s", counted(t.Skipped, "trace", "traces"))
	}
	for i := range r.Given {
		g := &r.Given[i]
		p.line("* %s: %s", name(g.File), counted(g.Rules, "rule", "rules"))
		for j, note := range g.Notes {
			if j == maxNames {
				p.line("  * … and %s more", number(len(g.Notes)-maxNames))
				break
			}
			p.line("  * %s", sentence(note))
		}
	}
	for _, s := range r.Settings {
		p.line("* %s", prose(s))
	}
}

func names(files []string) []string {
	shown := make([]string, 0, len(files))
	for _, file := range files {
		shown = append(shown, name(file))
	}
	return shown
}

// allNear are the near-invariants: first those that are not in the file, the most frequently held first.
func allNear(r *Report) []*baseline.Near {
	all := make([]*baseline.Near, len(r.Result.Near))
	for i := range all {
		all[i] = &r.Result.Near[i]
	}
	slices.SortStableFunc(all, func(a, b *baseline.Near) int {
		return cmp.Or(cmp.Compare(written(a), written(b)), cmp.Compare(exceptionShare(a), exceptionShare(b)))
	})
	return all
}

func written(n *baseline.Near) int {
	if n.Taken {
		return 1
	}
	return 0
}

// exceptionShare is the share of the calls that differ.
func exceptionShare(n *baseline.Near) float64 {
	return float64(n.Evidence.Violations) / float64(max(1, n.Evidence.Calls))
}

func rejections(c *baseline.Counts) (n int) {
	for _, count := range c.RejectedBy {
		n += count
	}
	return n
}
