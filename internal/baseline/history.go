package baseline

import (
	"net/http"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// stateful takes in what the store knows of a call's arguments, and notes what the call shows.
func (r *reading) stateful(o *replay.Observation, t *reference.Transaction) {
	r.session, r.user = o.Call.Callers()
	r.ownLinks(o)
	r.lookUp(t, o.Call.Start)
	if o.Call.Status >= 400 {
		return
	}
	r.showCall(o)
	r.showStatements(o)
}

// ownLinks finds the arguments that may identify a call of the API: those of the path, and others that look like ids.
func (r *reading) ownLinks(o *replay.Observation) {
	if o.Call.Method == http.MethodGet || r.Seen.Calls > youth*4 {
		return
	}
	for _, p := range r.used {
		if len(r.own) == mostKeys || p.linked || p.Group >= 0 || p.Multi || len(p.cells) != 1 || !p.cells[0].comparable() {
			continue
		}
		if p.Part != pathPart && (!p.Part.request() || p.Part == requestHeaderPart || keyRank(p.Name) < 0 || keyRank(p.Name) > 1) {
			continue
		}
		p.linked = true
		c := r.scene.add("call-"+r.Method+"-"+r.Route+"-"+p.Name, "id")
		if c == nil {
			return
		}
		c.Calls = true
		c.Sources = append(c.Sources, Source{API: r.ID, Place: -1, Key: p.ID})
		r.own = append(r.own, ownLink{p.ID, c})
		r.Links = append(r.Links, &Link{Place: p.ID, Collection: r.scene.index(c), Own: true})
	}
}

func (s *scene) index(c *Collection) int32 {
	for i, d := range s.Collections {
		if d == c {
			return int32(i)
		}
	}
	return -1
}

// showStatements notes the rows of tables that statements pin by their id.
func (r *reading) showStatements(o *replay.Observation) {
	for _, st := range o.Around.Statements {
		if len(st.SQL.Tables) == 0 || !st.Shows(st.SQL.Tables[0]) || len(r.rows) >= invariant.MostShown {
			continue
		}
		row := shown{table: true}
		for _, part := range []part{wherePart, setPart} {
			in := sections[part]
			for _, name := range st.SQL.Columns(in) {
				v, presence := st.SQL.Column(in, name, &st.Parameters)
				if presence == sqltext.Hidden && part == setPart {
					row.set(name, scalar{kind: gone})
				}
				if presence != known {
					continue
				}
				s, ok := scalarOfSQL(&v)
				if !ok {
					continue
				}
				if name == "id" && row.key.text == "" && s.comparable() {
					row.key = s
				}
				row.set(name, s)
			}
		}
		if !row.key.comparable() || len(row.fields) < 2 {
			continue
		}
		row.collection = r.scene.named("table-"+st.SQL.Tables[0], "id")
		if row.collection == nil {
			continue
		}
		if len(row.collection.Sources) == 0 {
			row.collection.Sources = append(row.collection.Sources, Source{Place: -1, Table: st.SQL.Tables[0], Column: "id"})
		}
		r.rows = append(r.rows, row)
	}
}

// set sets a field of a row; what is written counts more than what is asked for.
func (s *shown) set(name string, v scalar) {
	for i := range s.fields {
		if s.fields[i].name == name {
			s.fields[i].value = v
			return
		}
	}
	s.fields = append(s.fields, shownField{name, v})
}

// References is the store that rules were proved with, with all that was learned in it; nil if rules look at no earlier calls.
func (l *Learner) References() *reference.Store {
	l.rest()
	if l.scene == nil {
		return nil
	}
	return l.scene.store
}
