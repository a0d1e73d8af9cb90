package baseline

import (
	"slices"
	"strings"
)

// object makes rules about the members of an object.
func (b *builder) object(p *Place) {
	if p.Objects.Calls == 0 || p.Group >= 0 || p.mixed() || p.Part != requestPart && p.Part != queryPart && p.Part != requestHeaderPart {
		return
	}
	names := make([]string, 0, len(p.children))
	for name := range p.children {
		names = append(names, name)
	}
	slices.Sort(names)
	if p.Part == requestPart || p.Part == queryPart && p.Objects.Calls == b.api.Seen.Calls {
		b.required(p, names)
	}
	b.closed(p, names)
}

// required makes the rule about members that are always there.
func (b *builder) required(p *Place, names []string) {
	var always []string
	for _, name := range names {
		claim := &b.api.Places[p.children[name]].Present
		switch {
		case claim.Broke.Calls == 0:
			always = append(always, name)
		case claim.alive() && claim.Held.Calls > claim.Broke.Calls:
			b.consider(&candidate{
				kind: "common-sense", what: idOf(p.longPath()) + "-has-" + idOf(name), check: b.has(p, []string{name}),
				when: p.recorded(), message: p.nameOf(name) + " is missing", sentence: p.nameOf(name) + " is there",
				evidence: evidenceOf(claim, 1), refs: claim.Refs, found: claim.Found, least: leastSessions,
			})
		}
	}
	if len(always) == 0 {
		return
	}
	claim := Claim{Held: p.Objects}
	b.consider(&candidate{
		when: p.recorded(),
		kind: "common-sense", what: idOf(p.longPath()) + "-members", check: b.has(p, always),
		message:  "a field is missing that has always been there: " + strings.Join(always, ", "),
		sentence: "there always is " + strings.Join(always, ", "), evidence: evidenceOf(&claim, len(always)), least: leastMembers,
	})
}

// recorded writes when what is at a place was recorded at all: a query that is not there may be one that nobody records.
func (p *Place) recorded() string {
	if p.Part == queryPart {
		return "size(req.query) > 0"
	}
	return ""
}

func (p *Place) nameOf(child string) string {
	if p.Parent < 0 {
		return child
	}
	return strings.TrimPrefix(p.longPath()+"."+child, partNames[p.Part]+".")
}

func (b *builder) has(p *Place, names []string) string {
	return b.api.over(p, "", func(x string) string {
		all := make([]string, len(names))
		for i, name := range names {
			if isName(name) {
				all[i] = "has(" + member(x, name) + ")"
			} else {
				all[i] = quoted(name) + " in " + x
			}
		}
		return strings.Join(all, " && ")
	})
}

// closed makes the rule that there are no other members than those that were seen.
func (b *builder) closed(p *Place, names []string) {
	if len(names) == 0 {
		return
	}
	list := make([]string, len(names))
	few := 0
	for i, name := range names {
		list[i] = quoted(name)
		if rare(&b.api.Places[p.children[name]].Present.Held, p.Objects.Calls) {
			few++
		}
	}
	n := float64(p.Objects.Sessions)
	c := &candidate{
		kind: "novelty", what: idOf(p.longPath()) + "-fields",
		check: b.api.over(p, "", func(x string) string {
			return x + ".all(f, f in [" + strings.Join(list, ", ") + "])"
		}),
		message: "there is a field that has never been there", sentence: "there are no other fields than " + strings.Join(names, ", "),
		evidence: Evidence{
			Calls: p.Objects.Calls, Sessions: p.Objects.Sessions, Distinct: len(names), LastChange: float64(p.Newest-1) / n,
			Risk: (float64(few) + 0.5) / (n + 1),
		},
		least: leastClosed,
	}
	if slices.ContainsFunc(names, func(name string) bool { return b.api.Places[p.children[name]].Present.Broke.Calls > 0 }) {
		c.least = leastOptional
	}
	if p.Part == queryPart {
		c.least = leastQuery
	}
	switch {
	case b.api.Full:
		c.why = whyMany
	case few > 0:
		c.why = whyRare
		b.nearClosed(p, c, names)
	}
	b.consider(c)
}

// nearClosed tells of members that only a few calls have.
func (b *builder) nearClosed(p *Place, c *candidate, names []string) {
	near := *c
	var common []string
	for _, name := range names {
		child := b.api.Places[p.children[name]]
		if !rare(&child.Present.Held, p.Objects.Calls) {
			common = append(common, quoted(name))
			continue
		}
		near.evidence.Violations += child.Present.Held.Calls
		near.refs, near.found = append(near.refs, child.First), append(near.found, "the field "+shorten(name))
	}
	if len(near.refs) > keptRefs || len(common) == 0 || near.evidence.Violations*breakShare > p.Objects.Calls {
		return
	}
	near.check = b.api.over(p, "", func(x string) string { return x + ".all(f, f in [" + strings.Join(common, ", ") + "])" })
	near.sentence = "there are no other fields than " + strings.Join(common, ", ")
	b.near(&near)
}
