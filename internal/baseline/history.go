package baseline

import (
	"container/heap"
	"net/http"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// open are the transactions of traces that have not ended when the next one begins.
type open []ending

type ending struct {
	end         int64
	transaction *reference.Transaction
}

// Len is part of [heap.Interface].
func (o open) Len() int { return len(o) }

// Less is part of [heap.Interface].
func (o open) Less(i, j int) bool { return o[i].end < o[j].end }

// Swap is part of [heap.Interface].
func (o open) Swap(i, j int) { o[i], o[j] = o[j], o[i] }

// Push is part of [heap.Interface].
func (o *open) Push(x any) { *o = append(*o, x.(ending)) }

// Pop is part of [heap.Interface].
func (o *open) Pop() any {
	last := (*o)[len(*o)-1]
	*o = (*o)[:len(*o)-1]
	return last
}

// begin opens the transaction of a trace, when all that ended before it are in the store.
func (l *Learner) begin(t *replay.Trace) *reference.Transaction {
	start := t.Start()
	for len(l.open) > 0 && l.open[0].end <= start {
		heap.Pop(&l.open).(ending).transaction.Commit()
	}
	session, user := callers(t.Calls[0].Call)
	if session == "" {
		session = user
	}
	return l.scene.store.Begin(start, session)
}

func (l *Learner) end(t *replay.Trace, transaction *reference.Transaction) {
	heap.Push(&l.open, ending{t.End(), transaction})
}

// callers are the names by which the store knows who calls; "" where that is not known.
func callers(c *invariant.Call) (session, user string) {
	if c.Session != "" {
		session = "s:" + c.Session
	}
	if c.User != "" {
		user = "u:" + c.User
	}
	return session, user
}

// stateful takes in what the store knows of a call's arguments, and puts into it what the call showed.
func (r *reading) stateful(o *replay.Observation, t *reference.Transaction) {
	r.session, r.user = callers(o.Call)
	r.ownLinks(o)
	r.lookUp(t, o.Call.Start)
	if o.Call.Status >= 400 {
		return
	}
	r.showCall(o)
	r.showStatements(o)
	r.scene.put(t, r.rows, o.Call.End, r.session, r.user, r.m)
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
		if len(st.SQL.Tables) == 0 || st.SQL.Operation == "SELECT" && st.Rows == 0 {
			continue
		}
		row := shown{table: true}
		for _, part := range []part{wherePart, setPart} {
			in := sections[part]
			for _, name := range st.SQL.Columns(in) {
				v, presence := st.SQL.Column(in, name, &st.Parameters)
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

// close ends all traces.
func (l *Learner) close() {
	for len(l.open) > 0 {
		heap.Pop(&l.open).(ending).transaction.Commit()
	}
}

// References is the store that rules were proved with; nil if rules look at no earlier calls. What traces showed that are
// not over is not in it yet.
func (l *Learner) References() *reference.Store {
	if l.scene == nil {
		return nil
	}
	return l.scene.store
}
