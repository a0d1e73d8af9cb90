package apispec

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// statuses asks for one of the statuses that are described, unless any other may be.
func (w *writer) statuses() {
	described := w.op.spec.Responses.Map()
	if len(described) == 0 || described["default"] != nil {
		return
	}
	check := hasStatus(slices.Sorted(maps.Keys(described)))
	if check == "" {
		w.notes.add("a status that is none is not checked", w.op.text())
		return
	}
	p := &part{id: "resp"}
	w.rule(p, "", "status", novelty, check, "the response has a status that the API's description does not have")
}

// hasStatus asks for one of some statuses, such as 200 and 4XX; "" if one of them is none.
func hasStatus(statuses []string) string {
	var codes, conditions []string
	for _, status := range statuses {
		code, err := strconv.Atoi(status)
		switch {
		case err == nil && code >= 100 && code <= 599:
			codes = append(codes, strconv.Itoa(code))
		case isRange(status):
			from := int(status[0]-'0') * 100
			conditions = append(conditions, "resp.status >= "+strconv.Itoa(from)+" && resp.status < "+strconv.Itoa(from+100))
		default:
			return ""
		}
	}
	switch len(codes) {
	case 0:
	case 1:
		conditions = append([]string{"resp.status == " + codes[0]}, conditions...)
	default:
		conditions = append([]string{"resp.status in [" + strings.Join(codes, ", ") + "]"}, conditions...)
	}
	return strings.Join(conditions, " || ")
}

// isRange is true for 2XX and the like.
func isRange(status string) bool {
	return len(status) == len("2XX") && status[0] >= '1' && status[0] <= '5' && strings.EqualFold(status[1:], "XX")
}

// answers are the statuses of successes that have bodies of one schema.
type answers struct {
	schema   *openapi3.SchemaRef
	statuses []string
}

// responses writes what successes answer.
func (w *writer) responses() {
	groups := w.answers()
	for i, g := range groups {
		p := &part{name: "resp.body", id: "resp.body", words: "in the response's body", when: hasStatus(g.statuses), statuses: g.statuses}
		if i > 0 {
			p.id = "resp" + g.statuses[0] + ".body"
		}
		if explicit := w.explicit(); isRange(g.statuses[0]) && len(explicit) > 0 {
			p.when += " && !(resp.status in [" + strings.Join(explicit, ", ") + "])"
		}
		w.whole(value{part: p, expr: p.name, required: true}, g.schema)
	}
}

// answers groups the described successes. A default is not one: it mostly describes errors.
func (w *writer) answers() (groups []*answers) {
	described := w.op.spec.Responses.Map()
	statuses := slices.DeleteFunc(slices.Sorted(maps.Keys(described)), func(s string) bool { return !strings.HasPrefix(s, "2") || hasStatus([]string{s}) == "" })
	for _, status := range statuses {
		response := described[status]
		if response == nil || response.Value == nil || len(response.Value.Content) == 0 {
			continue
		}
		schema, m, why := readable(response.Value.Content)
		if why != "" || m != typed {
			w.notes.add("a body that is neither JSON nor a form is not checked", "the response's body of "+w.op.text())
		}
		if schema == nil || m != typed {
			continue
		}
		same := func(g *answers) bool {
			return g.schema.Value == schema.Value && !isRange(status) && !isRange(g.statuses[0])
		}
		if i := slices.IndexFunc(groups, same); i >= 0 {
			groups[i].statuses = append(groups[i].statuses, status)
			continue
		}
		groups = append(groups, &answers{schema: schema, statuses: []string{status}})
	}
	return groups
}

// explicit are the successes that have a description of their own, besides that of 2XX.
func (w *writer) explicit() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(w.op.spec.Responses.Map())), func(s string) bool {
		_, err := strconv.Atoi(s)
		return err != nil || !strings.HasPrefix(s, "2")
	})
}
