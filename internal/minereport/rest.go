package minereport

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/spanwarden/spanwarden/internal/baseline"
)

// near tells of the rules that would be, and how to get them.
func (p *page) near(r *Report) {
	p.line("\n## Near-invariants\n")
	all := allNear(r)
	if len(all) == 0 {
		p.line("There is none: no rule held on nearly all of the calls.")
		return
	}
	p.line("These held on nearly all calls. Those that held on so many that it is within the tolerance are in the file all the same, the")
	p.line("others are not. If the calls that differ are attacks, tests or mistakes, leave their traces out and learn again: the rule is")
	p.line("in the file then, and nothing that it looks at is learned from them. If they are normal, all is well as it is.")
	if r.Live {
		p.line("\nWhat a pipeline has learned is not unlearned. Record its traffic with the `file` exporter, and have `spanwarden mine` learn")
		p.line("from that: `--exceptions exceptions.txt` writes the trace ids of calls that differ, and `--skip exceptions.txt` leaves them out.\n")
	} else {
		p.line("\n1. `spanwarden mine … --exceptions exceptions.txt` writes the trace ids of all of them.")
		p.line("2. Look at each, and delete the lines of what is normal.")
		p.line("3. `spanwarden mine … --skip exceptions.txt` learns from the rest.\n")
	}
	for i, n := range all {
		if i == maxNear {
			p.line("* … and %s more", number(len(all)-maxNear))
			break
		}
		p.nearOne(n)
	}
}

func (p *page) nearOne(n *baseline.Near) {
	p.line("* **%s**", sentence(n.Sentence))
	p.line("  %s: %s", services(&n.Rule), apis(&n.Rule))
	taken := ""
	if n.Taken {
		taken = " It is in the file."
	}
	p.line("  Held on %s.%s %s:", held(&n.Evidence), taken, differing(n.Evidence.Violations))
	for i, x := range n.Exceptions {
		if i == maxExceptions {
			break
		}
		found := ""
		if x.Found != "" {
			found = ": found " + prose(x.Found)
		}
		p.line("  * %s UTC, %s of %s, trace %s%s", moment(x.Time), name(x.API), name(x.Service), name(x.TraceID), found)
	}
	if more := n.Evidence.Violations - min(len(n.Exceptions), maxExceptions); more > 0 {
		p.line("  * … and %s", counted(more, "more call", "more calls"))
	}
	p.expression(&n.Rule)
}

func differing(calls int) string {
	if calls == 1 {
		return "This call differs"
	}
	return "These " + number(calls) + " calls differ"
}

// rejected tells how many candidates were not taken, with a sample.
func (p *page) rejected(r *baseline.Result) {
	p.line("\n## Rejected\n")
	by := r.Counts.RejectedBy
	if len(by) == 0 {
		p.line("No candidate was rejected.")
		return
	}
	reasons := slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b))
	})
	sample := make(map[string][]string)
	for _, rejected := range r.Rejected {
		sample[rejected.Why] = append(sample[rejected.Why], rejected.Sentence)
	}
	for i, why := range reasons {
		if i == maxReasons {
			p.line("* … and %s", counted(len(reasons)-maxReasons, "more reason", "more reasons"))
			break
		}
		p.line("* **%s**: %s", prose(why), counted(by[why], "candidate", "candidates"))
		sentences := sample[why]
		for _, s := range sentences[:min(len(sentences), maxRejected)] {
			p.line("  * %s", sentence(s))
		}
		if more := by[why] - min(len(sentences), maxRejected); more > 0 && len(sentences) > 0 {
			p.line("  * … and %s more", number(more))
		}
	}
}

// neverSeen tells what the traffic never showed.
func (p *page) neverSeen(sentences []string) {
	p.line("\n## Never seen\n")
	if len(sentences) == 0 {
		p.line("Nothing of note.")
		return
	}
	p.line("There can be no rule about what the traffic never showed:\n")
	for i, s := range sentences {
		if i == maxNeverSeen {
			p.line("* … and %s more", number(len(sentences)-maxNeverSeen))
			break
		}
		p.line("* %s", sentence(s))
	}
}

// model tells what a language model did, and what it cost.
func (p *page) model(m *Model) {
	p.line("\n## The language model\n")
	p.line("%s was asked %s in %s, with what was wrong the last time, and proposed %s, of which %s in the file.",
		name(m.Name), counted(m.Requests, "time", "times"), counted(m.Rounds, "round", "rounds"),
		counted(m.Proposed, "rule", "rules"), counted(m.Taken, "is", "are"))
	if m.PromptTokens+m.AnswerTokens > 0 {
		p.line("That took %s of prompts and %s of answers%s.",
			counted(m.PromptTokens, "token", "tokens"), counted(m.AnswerTokens, "token", "tokens"), cost(m.Cost))
	}
	if m.Unmetered > 0 {
		p.line("The endpoint did not say what %s took.", counted(m.Unmetered, "answer", "answers"))
	}
	if m.Stopped != "" {
		p.line("\nIt was not asked all there was to ask: %s", sentence(m.Stopped))
	}
	if len(m.Notes) > 0 {
		p.line("")
		p.items(m.Notes, maxNames)
	}
}

// cost is what the model cost, in the currency of the endpoint.
func cost(c float64) string {
	if c <= 0 || math.IsInf(c, 0) {
		return ""
	}
	return fmt.Sprintf(", and cost %.4g in the endpoint's currency", c)
}
