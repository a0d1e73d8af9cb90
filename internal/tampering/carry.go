package tampering

import (
	"slices"
	"strings"
)

// Tampered is a field that a copy has another value in than its original.
type Tampered struct {
	SpanID string // hexadecimal, in the copy
	// Path is what rules call it: req.body.items[].price, req.path.orderId, in statements db.<parameter>.
	Path string
}

// tampering is one change of a trace on its way through all calls that it reaches.
type tampering struct {
	survey *Survey
	scene  *scene
	// owner is the trace of the one whose id it is: their answers are given; nil if nobody's.
	owner *scene
	// nothing is true for a value that nothing is found by: calls that look something up answer so.
	nothing bool
	// keep leaves all other answers as they were recorded.
	keep bool

	fields  []Tampered
	answers []Tampered
	done    map[*value]bool // that were changed
	queue   []step
}

// step is a value that was changed.
type step struct {
	call     *call
	path     string
	old, new *value
}

// begin changes the field at the front door and all that follows from it.
func (t *tampering) begin(path string, old, changed *value) {
	t.done = make(map[*value]bool)
	t.note(t.scene.front, path)
	t.push(t.scene.front, path, old, changed)
	for len(t.queue) > 0 {
		s := t.queue[0]
		t.queue = t.queue[1:]
		if strings.HasPrefix(s.path, "req.") {
			t.answer(&s)
		}
		t.handOn(&s)
	}
}

func (t *tampering) note(c *call, path string) {
	t.fields = append(t.fields, Tampered{c.span.SpanID().String(), path})
}

func (t *tampering) noteAnswer(c *call, path string) {
	t.answers = append(t.answers, Tampered{c.span.SpanID().String(), path})
}

func (t *tampering) push(c *call, path string, old, changed *value) {
	c.changed = true
	t.queue = append(t.queue, step{c, path, old, changed})
}

// once is true the first time.
func (t *tampering) once(v *value) bool {
	first := !t.done[v]
	t.done[v] = true
	return first
}

// handOn carries a change into the requests of child calls and into statements: to where values come from there by the
// whole recording, and an id to wherever it stands.
func (t *tampering) handOn(s *step) {
	targets := t.survey.onward[t.scene.front.api][s.call.api+" "+s.path]
	id := distinctive(s.old) && strings.HasPrefix(s.path, "req.")
	for _, c := range t.scene.calls {
		if c == s.call || !c.under(t.scene.front) {
			continue
		}
		for _, l := range c.fields() {
			if !l.value.scalar() || l.value.key() != s.old.key() || !id && !slices.Contains(targets, l.in(c.api)) {
				continue
			}
			if t.once(l.value) {
				old := l.value.clone()
				l.value.become(s.new, strings.HasPrefix(l.path, "req.body"))
				t.note(c, l.path)
				t.push(c, l.path, old, l.value.clone())
			}
		}
	}
	for _, st := range t.scene.statements {
		for _, p := range st.parameters {
			if p.value.key() == s.old.key() && (id || slices.Contains(targets, st.place(p.name))) && t.once(p.value) {
				p.value.text = s.new.String()
				t.fields = append(t.fields, Tampered{st.span.SpanID().String(), "db." + p.name})
			}
		}
		if id && strings.Contains(st.text, s.old.text) {
			st.text = strings.ReplaceAll(st.text, s.old.text, strings.ReplaceAll(s.new.String(), "'", "''"))
			t.fields = append(t.fields, Tampered{st.span.SpanID().String(), "db."})
		}
	}
}

// become takes a new value over, in the kind that it had if both can be written so.
func (v *value) become(n *value, json bool) {
	switch {
	case !json:
		*v = *textValue(n.String())
	case v.kind == text && n.kind == number:
		v.text = n.text
	default:
		if _, ok := n.float(); ok && v.kind == number && n.kind == text {
			v.text = n.text
			return
		}
		*v = *n.clone()
	}
}

// answer gives a call of which the request was changed the answer that it would get: the owner's, that nothing was
// found, or its own with the new value where it repeats the request's.
func (t *tampering) answer(s *step) {
	c := s.call
	if c.response == nil {
		return
	}
	if t.owner != nil {
		if a := t.ownersAnswer(s); a != nil {
			t.replace(c, a)
			return
		}
	}
	if t.keep {
		return
	}
	if a := t.survey.empty[c.api]; t.nothing && a != nil && a.size < len(c.response.append(nil)) {
		t.replace(c, a)
		return
	}
	if t.nothing && distinctive(s.old) {
		t.empty(s)
	}
	for _, l := range c.answer() {
		if !l.value.scalar() || l.value.key() != s.old.key() {
			continue
		}
		if (distinctive(s.old) || t.survey.echoed(c.api+" "+s.path, l.in(c.api))) && t.once(l.value) {
			old := l.value.clone()
			l.value.become(s.new, true)
			t.noteAnswer(c, l.path)
			t.push(c, l.path, old, l.value.clone())
		}
	}
}

// empty empties the lists of an answer of which each object has the id that was asked for.
func (t *tampering) empty(s *step) {
	for _, l := range s.call.answer() {
		if l.value.kind != list || len(l.value.items) == 0 {
			continue
		}
		all := true
		for _, o := range l.value.items {
			all = all && slices.ContainsFunc(o.items, func(v *value) bool { return v.scalar() && v.key() == s.old.key() })
		}
		if all {
			l.value.items = nil
			t.noteAnswer(s.call, l.path)
		}
	}
}

// ownersAnswer is what the owner's own such call was answered: one that asked for the same but for the id.
func (t *tampering) ownersAnswer(s *step) *answer {
	asked := s.call.fields()
	for _, c := range t.owner.calls {
		if c.api == s.call.api && c.response != nil && sameFields(c.fields(), asked) {
			return answerOf(c)
		}
	}
	return nil
}

func sameFields(one, other []leaf) bool {
	return slices.EqualFunc(one, other, func(a, b leaf) bool {
		return a.path == b.path && a.value.kind == b.value.kind && (!a.value.scalar() || a.value.key() == b.value.key())
	})
}

// replace gives a call another answer. What child calls were sent of the old one changes with it.
func (t *tampering) replace(c *call, a *answer) {
	before := c.answer()
	c.response = a.body.clone()
	c.changed = true
	if v, ok := c.span.Attributes().Get(statusCode); ok && a.status != 0 {
		v.SetInt(a.status)
	}
	after := make(map[string]*value)
	for _, l := range c.answer() {
		t.noteAnswer(c, l.path)
		if l.lists == 0 && l.value.scalar() {
			after[l.path] = l.value
		}
	}
	for i := range before {
		l := &before[i]
		t.noteAnswer(c, l.path)
		if l.lists > 0 || !telling(l.value) {
			continue
		}
		if n := after[l.path]; n != nil && telling(n) && n.key() != l.value.key() && t.once(l.value) {
			t.push(c, l.path, l.value.clone(), n.clone())
		}
	}
}
