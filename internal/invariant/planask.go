package invariant

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types/ref"

	"github.com/spanwarden/spanwarden/internal/reference"
)

// asked plans a question about the caller.
func (p *planner) asked(name string) term {
	place, known := p.references.names[name]
	if !known {
		return nil
	}
	r, at := p.references, p.cell()
	return func(f *frame) value { return f.cells[at].ofBox(f.judge.memory.ofCaller(&r.questions[place])) }
}

// ask plans a question about a key.
func (p *planner) ask(call ast.CallExpr) term {
	asks, key := call.Args()[0], p.term(call.Args()[1])
	if asks.Kind() != ast.IdentKind || key == nil {
		return nil
	}
	place, known := p.references.names[asks.AsIdent()]
	if !known {
		return nil
	}
	r, at := p.references, p.cell()
	return func(f *frame) value {
		k := key(f)
		if k.failed() {
			return k
		}
		f.spend(lookUpCost + k.extent())
		return f.cells[at].ofBox(f.judge.memory.ofValue(&r.questions[place], k))
	}
}

// ofValue is [memory.ofKey] without a box around a text.
func (m *memory) ofValue(q *question, key value) ref.Val {
	text, is := key.text()
	if !is || q.of.parts != 1 {
		return m.ofKey(q, key.boxed())
	}
	if m.transaction == nil {
		return errUnobserved
	}
	switch name := reference.Key(reference.Value{Kind: reference.Text, Text: text}); {
	case name == "": // nothing is called so
		return errMissing
	case q.kind == forShown:
		return m.shown(q.of, name)
	default:
		return m.field(q, name)
	}
}
