package apispec

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// maxBases is the largest number of paths of servers that are taken.
const maxBases = 8

// operation is one method of a path.
type operation struct {
	id, method string
	template   string // as described
	apis       []rulefile.API
	item       *openapi3.PathItem
	spec       *openapi3.Operation
}

// text is what people call the operation.
func (o *operation) text() string { return o.method + " " + shown(o.template) }

// operations are all that are described, by path and method.
func (w *writer) operations() []*operation {
	var all []*operation
	paths := w.document.Paths.Map()
	names := make(map[string]bool)
	for _, template := range slices.Sorted(maps.Keys(paths)) {
		item := paths[template]
		if item == nil {
			continue
		}
		specs := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(specs)) {
			op := &operation{method: method, template: template, item: item, spec: specs[method]}
			if op.spec == nil || !w.locate(op) {
				continue
			}
			op.id = nameOf(op, names)
			all = append(all, op)
		}
	}
	return all
}

// nameOf is the operation's own name, else one of method and path.
func nameOf(op *operation, taken map[string]bool) string {
	name := idPart(op.spec.OperationID)
	if name == "" || taken[name] {
		name = strings.ToLower(op.method) + "-" + strings.ReplaceAll(idPart(op.template), "--", "-")
	}
	unique := name
	for n := 2; taken[unique]; n++ {
		unique = name + "-" + strconv.Itoa(n)
	}
	taken[unique] = true
	return unique
}

// locate finds the APIs of an operation, one for each base path; false if there is none.
func (w *writer) locate(op *operation) bool {
	for _, base := range w.bases(op) {
		route := strings.TrimRight(base, "/") + "/" + strings.TrimLeft(op.template, "/")
		api, err := rulefile.ParseAPI(op.method + " " + route)
		if err != nil {
			w.notes.add("a path that is no route is not checked", op.text())
			continue
		}
		if !slices.ContainsFunc(op.apis, func(a rulefile.API) bool { return a.Text == api.Text }) {
			op.apis = append(op.apis, api)
		}
	}
	return len(op.apis) > 0
}

// bases are the paths of the servers.
func (w *writer) bases(op *operation) []string {
	if w.options.BasePath != "" {
		return []string{w.options.BasePath}
	}
	servers := w.document.Servers
	if len(op.item.Servers) > 0 {
		servers = op.item.Servers
	}
	if op.spec.Servers != nil && len(*op.spec.Servers) > 0 {
		servers = *op.spec.Servers
	}
	var bases []string
	for _, server := range servers {
		base, ok := basePath(server)
		switch {
		case !ok:
			w.notes.add("a server whose address cannot be read is left out", op.text())
		case slices.Contains(bases, base):
		case len(bases) == maxBases:
			w.notes.add("of very many servers some are left out", op.text())
		default:
			bases = append(bases, base)
		}
	}
	if len(bases) == 0 {
		bases = []string{"/"}
	}
	return bases
}

// basePath is the path of a server with the defaults of its variables.
func basePath(server *openapi3.Server) (string, bool) {
	if server == nil {
		return "", false
	}
	address := server.URL
	for _, name := range slices.Sorted(maps.Keys(server.Variables)) {
		if variable := server.Variables[name]; variable != nil {
			address = strings.ReplaceAll(address, "{"+name+"}", variable.Default)
		}
	}
	if strings.ContainsAny(address, "{}") || len(address) > rulefile.MaxRouteBytes {
		return "", false
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	return "/" + strings.Trim(parsed.Path, "/"), true
}

// parameters are those of the operation, and those of its path that it has none of its own for.
func (o *operation) parameters() []*openapi3.Parameter {
	var all []*openapi3.Parameter
	for _, list := range [...]openapi3.Parameters{o.spec.Parameters, o.item.Parameters} {
		for _, ref := range list {
			if ref == nil || ref.Value == nil {
				continue
			}
			p := ref.Value
			if !slices.ContainsFunc(all, func(q *openapi3.Parameter) bool { return q.In == p.In && q.Name == p.Name }) {
				all = append(all, p)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *openapi3.Parameter) int {
		return cmp.Or(strings.Compare(a.In, b.In), strings.Compare(a.Name, b.Name))
	})
	return all
}
