package proposer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

const (
	mostAPIs        = 1000
	mostTables      = 1000
	mostCollections = 200
	mostTogether    = 8 // APIs of a question

	// Shares of what is sent: a half for a question, a quarter for what is wrong with its answer, the rest for the language.
	questionShare  = 2
	complaintShare = 4
)

// plan is what the model is asked, in an order that depends on the schema alone.
type plan struct {
	apis        []API // by text, then service
	tables      []Table
	collections []Collection
	environment json.RawMessage

	texts map[entity]json.RawMessage
	room  int      // bytes of a question
	left  []string // what is not asked about, in sentences
}

// question is one thing that the model is asked, with what it said so far.
type question struct {
	apis  []*API // that rules may be about
	about string // what is asked, with the schema

	said  json.RawMessage // the rules that did not do, as an answer; nil: none
	wrong string          // what was wrong with them, or with the answer
}

// subject names the question in sentences.
func (q *question) subject() string {
	if others := len(q.apis) - 1; others > 0 {
		return fmt.Sprintf("%s and %d more", q.apis[0].API, others)
	}
	return q.apis[0].API
}

// newPlan takes what can be asked about out of the schema. The writer counts what stays here.
func newPlan(schema *Schema, s *Settings, w *writer) *plan {
	p := &plan{room: s.MaxPromptBytes / questionShare, texts: make(map[entity]json.RawMessage)}
	p.apis = p.usableAPIs(schema.APIs, w)
	p.tables = slices.DeleteFunc(slices.Clone(schema.Tables), func(t Table) bool { return !w.may(t.Name) })
	slices.SortStableFunc(p.tables, func(a, b Table) int { return strings.Compare(a.Name, b.Name) })
	p.tables = first(p, p.tables, mostTables, "tables")
	p.collections = slices.Clone(schema.Collections)
	slices.SortStableFunc(p.collections, func(a, b Collection) int { return strings.Compare(a.Name, b.Name) })
	p.collections = first(p, p.collections, mostCollections, "collections of rows")
	for i := range p.apis {
		p.texts[entity{isAPI, i}] = w.api(&p.apis[i])
	}
	for i := range p.tables {
		t := &p.tables[i]
		t.Columns = mostFrequent(t.Columns)
		p.texts[entity{isTable, i}] = w.table(t)
	}
	for i := range p.collections {
		c := &p.collections[i]
		c.Fields = mostFrequent(c.Fields)
		p.texts[entity{isCollection, i}] = w.collection(c)
	}
	p.environment = w.environment(schema.Environment)
	return p
}

// usableAPIs returns the APIs that a rule can name, of too many those seen most.
func (p *plan) usableAPIs(all []API, w *writer) []API {
	var usable []API
	for i := range all {
		a := all[i]
		parsed, err := rulefile.ParseAPI(a.API)
		if err != nil || parsed.Route == "*" || !isRoute(a.API) {
			w.withheld[a.API] = true
			continue
		}
		a.API = parsed.Text
		a.Columns = mostFrequent(a.Columns)
		a.Statements = slices.Clone(a.Statements)
		slices.SortFunc(a.Statements, compareStatements)
		a.Children = slices.Compact(slices.Sorted(slices.Values(a.Children)))
		usable = append(usable, a)
	}
	slices.SortStableFunc(usable, func(a, b API) int {
		return cmp.Or(cmp.Compare(b.Seen, a.Seen), strings.Compare(a.API, b.API), strings.Compare(a.Service, b.Service))
	})
	usable = first(p, usable, mostAPIs, "APIs")
	slices.SortStableFunc(usable, func(a, b API) int {
		return cmp.Or(strings.Compare(a.API, b.API), strings.Compare(a.Service, b.Service))
	})
	return usable
}

// mostFrequent returns the columns that most calls have, these first, then by path.
func mostFrequent(columns []Column) []Column {
	columns = slices.Clone(columns)
	slices.SortStableFunc(columns, func(a, b Column) int {
		return cmp.Or(cmp.Compare(b.often(), a.often()), slices.Compare(a.Path, b.Path))
	})
	return columns[:min(len(columns), mostColumns)]
}

// often is the share, and 1 where it is not known.
func (c *Column) often() float64 {
	if c.Share <= 0 {
		return 1
	}
	return c.Share
}

func compareStatements(a, b Statement) int {
	return cmp.Or(strings.Compare(a.Table, b.Table), strings.Compare(a.Op, b.Op), slices.Compare(a.Where, b.Where), slices.Compare(a.Set, b.Set))
}

// isRoute is whether an API may be shown.
func isRoute(api string) bool {
	return len(api) <= maxRoute && len(write(api)) <= maxRoute+len(`""`) && isClean(api) && strings.Count(api, " ") <= mostSpaces
}

// first cuts a list, and notes what is left out.
func first[T any](p *plan, all []T, most int, what string) []T {
	if len(all) > most {
		p.left = append(p.left, fmt.Sprintf("%d of %d %s were not asked about: %d are the most", len(all)-most, len(all), what, most))
		all = all[:most]
	}
	return all
}

// questions are about the APIs by themselves first, then about pairs.
func (p *plan) questions() []*question {
	var all []*question
	for batch := range slices.Chunk(p.places(), mostTogether) {
		all = append(all, p.alone(batch)...)
	}
	return append(all, p.beside()...)
}

func (p *plan) places() []int {
	places := make([]int, len(p.apis))
	for i := range places {
		places[i] = i
	}
	return places
}

// alone asks about APIs by themselves, in two questions where they do not fit into one.
func (p *plan) alone(apis []int) []*question {
	about := taskAlone + p.data(apis, nil)
	if len(about) > p.room && len(apis) > 1 {
		half := len(apis) / 2
		return append(p.alone(apis[:half]), p.alone(apis[half:])...)
	}
	return []*question{{apis: p.pick(apis), about: about}}
}

// beside asks about pairs, those of an API together.
func (p *plan) beside() []*question {
	var all []*question
	var batch []pair
	flush := func() {
		if len(batch) > 0 {
			all = append(all, &question{apis: p.pick(p.apisOf(batch)), about: taskBeside + p.data(p.apisOf(batch), batch)})
			batch = nil
		}
	}
	pairs := p.relatedPairs()
	for i, next := range pairs {
		more := append(slices.Clip(batch), next)
		if len(p.apisOf(more)) > mostTogether || len(taskBeside)+len(p.data(p.apisOf(more), more)) > p.room {
			flush()
		}
		batch = append(batch, next)
		if i+1 == len(pairs) {
			flush()
		}
	}
	return all
}

// apisOf returns the APIs of pairs in the order of the plan.
func (p *plan) apisOf(pairs []pair) []int {
	var apis []int
	for _, pair := range pairs {
		apis = append(apis, pair.api)
		if pair.other.kind == isAPI {
			apis = append(apis, pair.other.index)
		}
	}
	slices.Sort(apis)
	return slices.Compact(apis)
}

func (p *plan) pick(places []int) []*API {
	var apis []*API
	for _, i := range places {
		apis = append(apis, &p.apis[i])
	}
	return apis
}

// schemaText is the part of a question that is data.
type schemaText struct {
	APIs        []json.RawMessage `json:"apis"`
	Tables      []json.RawMessage `json:"tables,omitempty"`
	Collections []json.RawMessage `json:"collections,omitempty"`
	Environment json.RawMessage   `json:"environment"`
	Pairs       [][2]string       `json:"pairs,omitempty"`
}

// data writes the schema of a question: its APIs, and what the pairs name besides.
func (p *plan) data(apis []int, pairs []pair) string {
	text := schemaText{Environment: p.environment}
	for _, i := range apis {
		text.APIs = append(text.APIs, p.texts[entity{isAPI, i}])
	}
	seen := make(map[entity]bool)
	for _, pair := range pairs {
		text.Pairs = append(text.Pairs, [2]string{p.apis[pair.api].API, p.nameOf(pair.other)})
		if seen[pair.other] {
			continue
		}
		seen[pair.other] = true
		switch pair.other.kind {
		case isTable:
			text.Tables = append(text.Tables, p.texts[pair.other])
		case isCollection:
			text.Collections = append(text.Collections, p.texts[pair.other])
		}
	}
	return dataBegins + string(write(text)) + dataEnds
}

func (p *plan) nameOf(e entity) string {
	switch e.kind {
	case isTable:
		return "table " + p.tables[e.index].Name
	case isCollection:
		return "collection " + p.collections[e.index].Name
	}
	return p.apis[e.index].API
}
