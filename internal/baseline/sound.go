package baseline

import (
	"bytes"
	"slices"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// sound leaves out what no rule file could have, or no evaluator could compile: names come from callers, and one that is odd
// must not cost the other rules.
func (r *Result) sound() {
	r.soundRules()
	var near []rulefile.Rule
	for i := range r.Near {
		near = append(near, r.Near[i].Rule)
	}
	if compiles(near, r.NearReferences) {
		return
	}
	r.NearReferences = writableOnes(r.NearReferences)
	r.Near = slices.DeleteFunc(r.Near, func(n Near) bool { return !compiles([]rulefile.Rule{n.Rule}, r.NearReferences) })
}

func writableOnes(all []rulefile.Reference) []rulefile.Reference {
	return slices.DeleteFunc(all, func(ref rulefile.Reference) bool {
		return rulefile.Write(new(bytes.Buffer), &rulefile.File{References: []rulefile.Reference{ref}}) != nil
	})
}

func (r *Result) soundRules() {
	if compiles(r.File.Rules, r.File.References) {
		return
	}
	r.File.References = writableOnes(r.File.References)
	bad := func(rule *rulefile.Rule) bool {
		if compiles([]rulefile.Rule{*rule}, r.File.References) {
			return false
		}
		r.Counts.RejectedBy[whyWords]++
		return true
	}
	gone := make(map[string]bool)
	r.File.Rules = slices.DeleteFunc(r.File.Rules, func(rule rulefile.Rule) bool {
		if bad(&rule) {
			gone[rule.ID] = true
		}
		return gone[rule.ID]
	})
	r.Rules = slices.DeleteFunc(r.Rules, func(l Learned) bool { return gone[l.Rule.ID] })
	r.Near = slices.DeleteFunc(r.Near, func(n Near) bool { return n.Taken && gone[n.Rule.ID] })
}

// whyWords is why a rule is left out that cannot be written down.
const whyWords = "has a name that no rule can have"

func compiles(rules []rulefile.Rule, references []rulefile.Reference) bool {
	file := &rulefile.File{Rules: rules, References: references}
	if rulefile.Write(new(bytes.Buffer), file) != nil {
		return false
	}
	_, err := invariant.Compile([]*rulefile.File{file}, invariant.Options{})
	return err == nil
}
