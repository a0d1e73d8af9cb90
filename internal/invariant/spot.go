package invariant

import (
	"errors"
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/document"
	"github.com/spanwarden/spanwarden/internal/nearest"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// spot is where a value of a reference comes from: a field of the call such as resp.body.data.id, or one of an object
// that lies in a body, or of a statement.
type spot struct {
	path  rulefile.Path          // from the call on
	get   func(self any) ref.Val // of a [view]; nil: relative to the object or the statement
	steps rulefile.Path          // behind that
	want  apicall.Want
	form  form
}

// form is what a value is stored as, where that is not what rules see.
type form uint8

const (
	plain  form = iota
	moment      // ns since the epoch, for a timestamp
	span        // ns, for a duration
)

// resolve follows an absolute path through the structures that rules see.
func resolve(path rulefile.Path) (spot, error) {
	s := spot{path: path}
	of, known := variableType(path[0].Name)
	if !known {
		return s, fmt.Errorf("%s does not begin with req, resp, env or call", path)
	}
	for i, step := range path[1:] {
		in, _ := structureOf(of)
		field, found := in.field(step.Name)
		if !found {
			return s, fmt.Errorf("there is no field %s in %s: %s", step.Name, path[:i+1], nearest.Hint(step.Name, fieldNames(in)))
		}
		s.want |= wants[in.name][step.Name]
		if field.celType.Kind() == types.StructKind {
			of = field.celType
			continue
		}
		s.get, s.steps = field.get, path[i+2:]
		err := s.fits(field.celType)
		return s, err
	}
	in, _ := structureOf(of)
	return s, fmt.Errorf("%s is no single value: write which of its fields, such as %s.%s", path, path, in.fields[0].name)
}

// variableType is the type of a variable that a path can begin with: those that are no lists.
func variableType(name string) (*cel.Type, bool) {
	for _, v := range variables {
		if v.name == name && v.celType.Kind() == types.StructKind {
			return v.celType, true
		}
	}
	return nil, false
}

// fits refuses steps that a value of that type does not have.
func (s *spot) fits(t *cel.Type) error {
	whole := s.path[:len(s.path)-len(s.steps)]
	switch t.Kind() {
	case types.DynKind:
		return nil
	case types.MapKind:
		if len(s.steps) != 1 || s.steps[0].Each {
			return fmt.Errorf("%s is no single value: write one name behind it", whole)
		}
		return nil
	case types.ListKind:
		return fmt.Errorf("%s is a list, and a row has single values", whole)
	case types.TimestampKind:
		s.form = moment
	case types.DurationKind:
		s.form = span
	}
	if len(s.steps) > 0 {
		return fmt.Errorf("%s has nothing within it: %s is a single value", s.path, whole)
	}
	return nil
}

// errNoBody is the error of a path of objects that are not in a body.
var errNoBody = errors.New("objects are in resp.body or req.body, as in resp.body.data[]")

// objectsAt is where the objects of a source are.
func objectsAt(text string) (spot, error) {
	path, err := rulefile.ParsePath(text)
	if err != nil {
		return spot{}, err
	}
	if len(path) < 2 || path[1].Name != "body" || path[0].Name != "req" && path[0].Name != "resp" {
		return spot{}, errNoBody
	}
	return resolve(path)
}

// within returns what the steps lead to in a body; false if there is nothing.
func within(n document.Node, steps rulefile.Path) (document.Node, bool) {
	for i := range steps {
		var found bool
		if n, found = n.Field(steps[i].Name); !found {
			return n, false
		}
	}
	return n, true
}

// behind returns what the steps lead to in a value of the call; [errMissing] if there is nothing.
func behind(v ref.Val, steps rulefile.Path) ref.Val {
	if len(steps) == 0 {
		return v
	}
	switch v := v.(type) {
	case *objectNode:
		if n, found := within(v.node, steps); found {
			return valueOf(n)
		}
	case finder:
		return v.find(steps[0].Name)
	case *types.Err:
		return v
	}
	return errMissing
}
