package proposer

import (
	"cmp"
	"slices"
	"strings"
)

// pair is an API and what it seems to be related to, as one entity of a database is to another that has its key.
type pair struct {
	api   int // in the plan's APIs
	other entity
	score int
}

// entity is an API, a table or a collection, by its place in the plan.
type entity struct {
	kind  entityKind
	index int
}

type entityKind uint8

const (
	isAPI entityKind = iota
	isTable
	isCollection
)

const (
	mostPairs   = 500
	mostPartner = 8 // pairs of one API

	// What speaks for a pair.
	touches    = 4 // the API's statements are about the table, or it calls the other one
	sharesName = 1 // for each field that both have
	sharesPath = 1 // /orders and /orders/{id}
	mostShared = 4
)

// common are names that say nothing of what a value belongs to.
var common = map[string]bool{
	"id": true, "name": true, "status": true, "type": true, "data": true, "msg": true, "message": true, "code": true, "date": true,
	"time": true, "value": true, "count": true, "page": true, "size": true, "limit": true, "offset": true, "error": true, "success": true,
	"result": true, "items": true, "title": true, "description": true, "text": true, "createdat": true, "updatedat": true,
}

// relatedPairs finds the pairs that are worth a question, by API. What a key is called says most: orderId in one is the id
// of an order in the other.
func (p *plan) relatedPairs() []pair {
	keys := make([]keys, len(p.apis))
	for i := range p.apis {
		keys[i] = keysOfAPI(&p.apis[i])
	}
	var all []pair
	for i := range p.apis {
		var mine []pair
		add := func(other entity, score int) {
			if score > 0 {
				mine = append(mine, pair{i, other, score})
			}
		}
		for j := range p.tables {
			add(entity{isTable, j}, p.scoreTable(i, keys[i], p.tables[j].Name, p.tables[j].Columns))
		}
		for j := range p.collections {
			c := &p.collections[j]
			add(entity{isCollection, j}, p.scoreTable(i, keys[i], c.Name, slices.Concat(c.Key, c.Fields)))
		}
		for j := range p.apis {
			if j != i {
				add(entity{isAPI, j}, p.scoreAPI(i, j, keys))
			}
		}
		slices.SortStableFunc(mine, func(a, b pair) int { return cmp.Compare(b.score, a.score) })
		all = append(all, mine[:min(len(mine), mostPartner)]...)
	}
	slices.SortStableFunc(all, func(a, b pair) int { return cmp.Compare(b.score, a.score) })
	all = all[:min(len(all), mostPairs)]
	slices.SortStableFunc(all, func(a, b pair) int { return cmp.Compare(a.api, b.api) })
	return all
}

// keys are names of an API's fields that may join it to others, each as one word in lower case.
type keys struct {
	in, out  map[string]bool
	resource string // orders, of /api/v1/orders/{id}
}

func keysOfAPI(a *API) keys {
	k := keys{in: make(map[string]bool), out: make(map[string]bool), resource: resourceOf(a.API)}
	for i := range a.Columns {
		path := a.Columns[i].Path
		name := lastName(path)
		switch {
		case name == "":
		case path[0] == "resp":
			k.out[name] = true
		default:
			k.in[name] = true
		}
	}
	return k
}

// lastName is the name of a field without the way to it.
func lastName(path []string) string {
	for _, name := range slices.Backward(path) {
		if name != "[]" {
			return squash(name)
		}
	}
	return ""
}

// resourceOf is the last part of a route that is no parameter.
func resourceOf(api string) string {
	_, route, _ := strings.Cut(api, " ")
	last := ""
	for segment := range strings.SplitSeq(route, "/") {
		if segment != "" && !strings.ContainsAny(segment, "{}:<>*") {
			last = segment
		}
	}
	return squash(last)
}

// identifies is whether a name like orderId is the key of what is called orders.
func identifies(name, what string) bool {
	stem, ok := strings.CutSuffix(name, "id")
	return ok && len(stem) > 1 && singular(stem) == singular(what)
}

func singular(word string) string {
	if stem, ok := strings.CutSuffix(word, "ies"); ok {
		return stem + "y"
	}
	return strings.TrimSuffix(word, "s")
}

func (p *plan) scoreTable(api int, k keys, name string, columns []Column) int {
	score := 0
	if slices.ContainsFunc(p.apis[api].Statements, func(s Statement) bool { return s.Table == name }) {
		score += touches
	}
	what := squash(name)
	if k.resource != "" && singular(k.resource) == singular(what) {
		score += sharesPath
	}
	shared := 0
	for i := range columns {
		if column := lastName(columns[i].Path); !common[column] && (k.in[column] || k.out[column]) {
			shared += sharesName
		}
	}
	for _, side := range []map[string]bool{k.in, k.out} {
		for name := range side {
			if identifies(name, what) {
				shared += sharesName
			}
		}
	}
	return score + min(shared, mostShared)
}

// scoreAPI is about how the arguments of one follow from the answers of the other.
func (p *plan) scoreAPI(api, earlier int, all []keys) int {
	k, other := all[api], all[earlier]
	score := 0
	if slices.Contains(p.apis[api].Children, p.apis[earlier].API) {
		score += touches
	}
	shared := 0
	for name := range k.in {
		switch {
		case identifies(name, other.resource) && other.out["id"], !common[name] && other.out[name]:
			shared += sharesName
		case name == "id" && k.resource != "" && k.resource == other.resource && other.out["id"]:
			shared += sharesPath
		}
	}
	return score + min(shared, mostShared)
}
