package invariant

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/spanwarden/spanwarden/internal/document"
)

// callReaders read fields of calls into cells, by their structures and names. All others are read by the field's own
// function.
var callReaders = map[string]map[string]func(*view, *cell) value{
	"Call": {
		"method":     func(v *view, c *cell) value { return c.orMissing(v.call.Method) },
		"route":      func(v *view, c *cell) value { return c.orMissing(v.call.Route) },
		"path":       func(v *view, c *cell) value { return v.cut(v.call.Path, longPath, c) },
		"service":    func(v *view, c *cell) value { return c.orMissing(v.call.Service) },
		"client":     func(v *view, c *cell) value { return c.orMissing(v.call.Client) },
		"peer":       func(v *view, c *cell) value { return c.orMissing(v.call.Peer) },
		"user_agent": func(v *view, c *cell) value { return v.cut(v.call.UserAgent, longUserAgent, c) },
		"status":     readStatus,
		"start": func(v *view, c *cell) value {
			if v.call.Start == 0 {
				return value{box: errMissing}
			}
			return c.ofMoment(v.call.Start)
		},
	},
	"Request":  {"body": func(v *view, c *cell) value { return c.ofReading(v.read(requestReading, &v.call.RequestBody)) }},
	"Response": {"body": func(v *view, c *cell) value { return c.ofReading(v.read(responseReading, &v.call.ResponseBody)) }, "status": readStatus},
	"User":     {"id": func(v *view, c *cell) value { return v.cut(v.call.User, longUser, c) }},
	"Session":  {"id": func(v *view, c *cell) value { return v.cut(v.call.Session, longSession, c) }},
	"Client":   {"address": func(v *view, c *cell) value { return c.orMissing(v.call.Client) }},
}

func init() { callReaders["ChildCall"] = callReaders["Call"] }

func readStatus(v *view, c *cell) value {
	if v.call.Status == 0 {
		return value{box: errMissing}
	}
	return c.ofWhole(int64(v.call.Status))
}

// orMissing is [text] into a cell.
func (c *cell) orMissing(s string) value {
	if s == "" {
		return value{box: errMissing}
	}
	return c.ofText(s)
}

// cut is [view.bounded] into a cell.
func (v *view) cut(s string, which long, c *cell) value {
	if v.call.long&which != 0 {
		return value{box: errUnknown}
	}
	return c.orMissing(s)
}

func (c *cell) ofReading(n document.Node, err *types.Err) value {
	if err != nil {
		return value{box: err}
	}
	return c.ofNode(n)
}

// statementReaders read fields of statements into cells.
var statementReaders = map[string]func(*statementView, *cell) value{
	"op": func(v *statementView, c *cell) value {
		if op := v.statement.SQL.Operation; op != "" {
			return c.ofText(op)
		}
		return value{box: errUnknown}
	},
	"table": func(v *statementView, c *cell) value {
		switch {
		case len(v.statement.SQL.Tables) > 0:
			return c.ofText(v.statement.SQL.Tables[0])
		case v.cut():
			return value{box: errUnknown}
		}
		return c.ofText("")
	},
	"rows": func(v *statementView, c *cell) value {
		if v.statement.Rows < 0 {
			return value{box: errMissing}
		}
		return c.ofWhole(v.statement.Rows)
	},
}

// structureField plans a field of one of the [structures].
func (p *planner) structureField(s ast.SelectExpr) term {
	read := p.reader(s)
	if read == nil {
		return nil
	}
	at := p.cell()
	if self := p.call(s.Operand()); self != nil {
		byName := callReaders[p.typeOf(s.Operand()).TypeName()]
		if of := byName[s.FieldName()]; of != nil {
			return func(f *frame) value { return of(self(f), &f.cells[at]) }
		}
		return func(f *frame) value { return f.cells[at].ofBox(read(self(f))) }
	}
	of := p.term(s.Operand())
	if of == nil {
		return nil
	}
	quick := statementReaders[s.FieldName()]
	if p.typeOf(s.Operand()).TypeName() != typeStatement.TypeName() {
		quick = nil
	}
	return func(f *frame) value {
		v := of(f)
		if v.failed() {
			return v
		}
		self := v.box.Value()
		if quick != nil {
			return quick(self.(*statementView), &f.cells[at])
		}
		return f.cells[at].ofBox(read(self))
	}
}

// reader is the function of the field.
func (p *planner) reader(s ast.SelectExpr) func(self any) ref.Val {
	in, known := structureOf(p.typeOf(s.Operand()))
	if !known {
		return nil
	}
	field, known := in.field(s.FieldName())
	if !known {
		return nil
	}
	return field.get
}

// call plans which call a part is about: the one that is judged, or a child call that is the variable of a macro. It is
// nil for anything else.
func (p *planner) call(e ast.Expr) func(*frame) *view {
	for e.Kind() == ast.SelectKind && p.typeOf(e).Kind() == types.StructKind {
		e = e.AsSelect().Operand()
	}
	if e.Kind() != ast.IdentKind {
		return nil
	}
	name := e.AsIdent()
	if slot, local := p.local(name); local {
		if p.typeOf(e).TypeName() != typeChild.TypeName() {
			return nil
		}
		return func(f *frame) *view { return f.locals[slot].box.Value().(*view) }
	}
	if _, single := variableType(name); !single {
		return nil
	}
	return func(f *frame) *view { return f.judge.call }
}

// structurePresence plans has() of a field of one of the [structures].
func (p *planner) structurePresence(s ast.SelectExpr) test {
	in, known := structureOf(p.typeOf(s.Operand()))
	if !known {
		return nil
	}
	field, known := in.field(s.FieldName())
	if !known {
		return nil
	}
	if self, read := p.call(s.Operand()), callReaders[in.name][field.name]; self != nil && read != nil {
		at := p.cell()
		return func(f *frame) truth { return truthOf(read(self(f), &f.cells[at]).box != ref.Val(errMissing)) }
	}
	of := p.term(s.Operand())
	if of == nil {
		return nil
	}
	return func(f *frame) truth {
		v := of(f)
		switch {
		case v.failed():
			return v.why()
		case field.has == nil:
			return isTrue
		}
		return truthOf(field.has(v.box.Value()))
	}
}
