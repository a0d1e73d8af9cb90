package main

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// common tells, by the id of each rule, what the calls that violate it have in common, in words without their values.
func (p *proving) common(ctx context.Context, failed []*baseline.Proof) (map[string][]string, error) {
	if len(failed) == 0 {
		return nil, nil
	}
	violators := make(map[string][]*likeness) // by trace and span
	by := make(map[string]*likeness)
	for _, proof := range failed {
		l := newLikeness(proof)
		by[proof.Rule.ID] = l
		for _, x := range proof.Exceptions {
			violators[x.TraceID+x.SpanID] = append(violators[x.TraceID+x.SpanID], l)
		}
	}
	err := p.each(ctx, "", func(t *replay.Trace) {
		for i := range t.Calls {
			c := t.Calls[i].Call
			for _, l := range violators[c.TraceID.String()+c.SpanID.String()] {
				l.add(&t.Calls[i])
			}
		}
	})
	words := make(map[string][]string)
	for id, l := range by {
		words[id] = l.words()
	}
	return words, err
}

// likeness is what calls have in common.
type likeness struct {
	whose   string // "all of them" or "the first 10 of them"
	calls   int
	sharing map[string]int // calls by what is said of them
	order   []string       // of what was said first
	traces  map[pcommon.TraceID]bool
}

func newLikeness(p *baseline.Proof) *likeness {
	l := &likeness{whose: "all of them", sharing: make(map[string]int), traces: make(map[pcommon.TraceID]bool)}
	if len(p.Exceptions) < p.Violated {
		l.whose = fmt.Sprintf("the first %d of them", len(p.Exceptions))
	}
	return l
}

func (l *likeness) add(o *replay.Observation) {
	c := o.Call
	l.calls++
	l.traces[c.TraceID] = true
	l.note(c.Status >= 500, "answered with a status of 500 or more")
	l.note(c.Status >= 400 && c.Status < 500, "answered with a status from 400 to 499")
	l.note(c.Status >= 300 && c.Status < 400, "answered with a status from 300 to 399")
	l.note(c.Status >= 200 && c.Status < 300, "answered with a status from 200 to 299")
	l.note(c.User == "", "have no env.user.id")
	l.note(c.Session == "", "have no env.session.id")
	l.note(c.RequestBody.State == invariant.NoBody, "have no req.body")
	l.note(c.ResponseBody.State == invariant.NoBody, "have no resp.body")
	l.note(c.Query == "", "have no req.query")
	l.note(len(o.Around.Statements) == 0, "issue no database statement")
	l.note(len(o.Around.Calls) == 0, "make no child call")
	l.note(!o.Root, "are child calls themselves")
}

func (l *likeness) note(is bool, what string) {
	if !is {
		return
	}
	if l.sharing[what] == 0 {
		l.order = append(l.order, what)
	}
	l.sharing[what]++
}

// words are sentences about all of the calls, and none about single ones.
func (l *likeness) words() (words []string) {
	for _, what := range l.order {
		if l.sharing[what] == l.calls {
			words = append(words, l.whose+" "+what)
		}
	}
	if l.calls > 1 && len(l.traces) == 1 {
		words = append(words, l.whose+" are in one trace")
	}
	return words
}
