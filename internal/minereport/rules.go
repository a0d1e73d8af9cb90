package minereport

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// group are the rules about the same APIs of the same services.
type group struct {
	services, apis string // as headings
	anchor         string
	rules          []*baseline.Learned
}

// grouped sorts rules by service, route and method; those of a group stay in their order.
func grouped(rules []baseline.Learned) []*group {
	type place struct{ services, routes string }
	found := make(map[place]*group)
	var places []place
	for i := range rules {
		rule := &rules[i].Rule
		at := place{strings.Join(rule.Services, "\x00"), routes(rule)}
		g := found[at]
		if g == nil {
			g = &group{services: services(rule), apis: apis(rule)}
			found[at] = g
			places = append(places, at)
		}
		g.rules = append(g.rules, &rules[i])
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.services, b.services), cmp.Compare(a.routes, b.routes))
	})
	groups := make([]*group, len(places))
	for i, at := range places {
		groups[i] = found[at]
		groups[i].anchor = fmt.Sprintf("api-%d", i+1)
	}
	return groups
}

// routes is what APIs are sorted by: the routes first, so that methods of one route stand together.
func routes(rule *rulefile.Rule) string {
	var b strings.Builder
	for _, api := range rule.APIs {
		b.WriteString(api.Route + " " + strings.Join(api.Methods, "|") + "\x00")
	}
	return b.String()
}

func services(rule *rulefile.Rule) string {
	if len(rule.Services) == 0 {
		return "Any service"
	}
	return listed(names(rule.Services), maxAPIs, 0)
}

func apis(rule *rulefile.Rule) string {
	shown := make([]string, 0, len(rule.APIs))
	for _, api := range rule.APIs {
		if len(api.Methods) == 0 && api.AnyRoute() {
			shown = append(shown, "every API")
			continue
		}
		shown = append(shown, name(api.String()))
	}
	return listed(shown, maxAPIs, 0)
}

// contents is the table of contents.
func (p *page) contents(r *Report, groups []*group) {
	p.line("\n## Contents\n")
	p.line("* [Rules](#rules): %s", number(len(r.Result.Rules)))
	services := ""
	for _, g := range groups {
		if g.services != services {
			services = g.services
			p.line("  * %s", services)
		}
		p.line("    * [%s](#%s): %s", g.apis, g.anchor, number(len(g.rules)))
	}
	p.line("* [Near-invariants](#near-invariants): %s", number(len(allNear(r))))
	p.line("* [Rejected](#rejected): %s", number(rejections(&r.Result.Counts)))
	p.line("* [Never seen](#never-seen): %s", number(len(r.Result.NeverSeen)))
	if r.Model != nil {
		p.line("* [The language model](#the-language-model)")
	}
}

// rules tells each rule.
func (p *page) rules(r *Report, groups []*group) {
	p.line("\n## Rules")
	if len(groups) == 0 {
		p.line("\nThere is none.")
	}
	services := ""
	for _, g := range groups {
		if g.services != services {
			services = g.services
			p.line("\n### %s", services)
		}
		p.line("\n#### <a id=\"%s\"></a>%s\n", g.anchor, g.apis)
		for _, rule := range g.rules {
			p.line("* **%s**", sentence(rule.Sentence))
			p.line("  %s", evidence(rule, r.Proof))
			p.expression(&rule.Rule)
		}
	}
}

// evidence is what speaks for a rule, in a sentence.
func evidence(rule *baseline.Learned, proof *Proof) string {
	e := &rule.Evidence
	if e.Calls == 0 {
		return "No call has tried it yet." + origin(&rule.Rule)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Held on %s", held(e))
	if e.Distinct > 0 {
		fmt.Fprintf(&b, ", %s", counted(e.Distinct, "distinct value", "distinct values"))
	}
	fmt.Fprintf(&b, ", risk of a false alarm %s.", percent(e.Risk))
	if e.LastChange > 0 {
		fmt.Fprintf(&b, " The last that was new to it came when %s of the sessions had been seen.", percent(e.LastChange))
	}
	if proof != nil && proof.Applied[rule.Rule.ID] == 0 {
		b.WriteString(" The last proof could apply it to no call: does it say what it should?")
	}
	return b.String() + origin(&rule.Rule)
}

// origin is whose rule it is, where the learner did not find it.
func origin(rule *rulefile.Rule) string {
	switch rule.Support["source"] {
	case "openapi":
		return " The OpenAPI description says so."
	case "ddl":
		return " The database's schema says so."
	case "model":
		return " The language model proposed it."
	}
	return ""
}

// held is on how many calls of how many sessions a rule held.
func held(e *baseline.Evidence) string {
	calls := counted(e.Calls, "call", "calls")
	if e.Violations > 0 {
		calls = number(e.Calls-e.Violations) + " of " + calls
	}
	return calls + " of " + counted(e.Sessions, "session", "sessions")
}

// expression is a rule as the file has it.
func (p *page) expression(rule *rulefile.Rule) {
	kind := ""
	if rule.Kind != "" {
		kind = " (" + prose(rule.Kind) + ")"
	}
	p.line("  * %s%s: %s", name(rule.ID), kind, code(rule.Check.Text, maxCode))
	if rule.When.Text != "" {
		p.line("  * when %s", code(rule.When.Text, maxCode))
	}
}
