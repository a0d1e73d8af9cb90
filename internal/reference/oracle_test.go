package reference

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// oracle remembers all that was ever written, and looks through all of it.
type oracle struct{ committed, discarded []event }

// event is a write, or what it showed to whom.
type event struct {
	key    string
	at     int64
	fields []Entry
	caller string
}

// value of a field by these events, in their order.
func value(events []event, key string, f Field, t int64) Value {
	var writes []write
	for _, e := range events {
		for _, entry := range e.fields {
			if e.key == key && entry.Field == f {
				writes = append(writes, write{e.at, entry.Value})
			}
		}
	}
	if v := asOf(writes, t); v != nil {
		return *v
	}
	return Value{}
}

// known is true if one of the events wrote the row by that time.
func known(events []event, key string, t int64) bool {
	return slices.ContainsFunc(events, func(e event) bool { return e.key == key && e.at <= t })
}

func showed(events []event, key, caller string, t int64) bool {
	return slices.ContainsFunc(events, func(e event) bool { return e.key == key && e.caller == caller && e.at <= t })
}

const ever = 1 << 62

// play is a store with its oracle and its open transactions.
type play struct {
	store *Store
	rows  Collection
	oracle
	open []*opened
}

type opened struct {
	t      *Transaction
	events []event
}

func settings(rows int) Settings {
	s := DefaultSettings()
	s.MaxRows, s.MaxBytes, s.MaxShown, s.CompleteAfter = rows, 1<<20, 3, 20
	return s
}

func newPlay(t require.TestingT, s Settings) *play {
	store, err := New(s)
	require.NoError(t, err)
	p := &play{store: store, rows: store.Collection("orders")}
	for _, name := range fieldNames {
		_, ok := store.Field(p.rows, name)
		require.True(t, ok)
	}
	return p
}

var (
	fieldNames = []string{"owner", "status", "price"}
	keys       = rapid.SampledFrom([]string{"1", "2", "3", "4", "5", "6"})
)

func (p *play) end(i int, commit bool) {
	o := p.open[i]
	p.open = slices.Delete(p.open, i, i+1)
	if commit {
		o.t.Commit()
		p.committed = append(p.committed, o.events...)
		return
	}
	o.t.Discard()
	p.discarded = append(p.discarded, o.events...)
}

// step does one thing at about that time, and checks what is said after it.
func (p *play) step(t *rapid.T, now int64, callers []string) {
	if len(p.open) == 0 || len(p.open) < 4 && rapid.IntRange(0, 3).Draw(t, "begin") == 0 {
		p.open = append(p.open, &opened{t: p.store.Begin(now, rapid.SampledFrom(callers).Draw(t, "caller"))})
	}
	i := rapid.IntRange(0, len(p.open)-1).Draw(t, "transaction")
	o := p.open[i]
	switch rapid.IntRange(0, 9).Draw(t, "do") {
	case 0, 1:
		p.end(i, true)
	case 2:
		p.end(i, rapid.Bool().Draw(t, "commit"))
	case 3, 4, 5, 6:
		e := event{
			keys.Draw(t, "key"), now - rapid.Int64Range(0, 9).Draw(t, "before"), nil,
			rapid.SampledFrom(callers).Draw(t, "shown to"),
		}
		for f := range fieldNames {
			if rapid.Bool().Draw(t, "has") {
				e.fields = append(e.fields, Entry{Field(f), rapid.OneOf(letters, rapid.Just(Value{})).Draw(t, "value")})
			}
		}
		o.t.Put(p.rows, e.key, e.at, e.fields, e.caller)
		o.events = append(o.events, e)
	default:
		p.look(t, o, keys.Draw(t, "key"), now-rapid.Int64Range(-1, 12).Draw(t, "back"), rapid.SampledFrom(callers).Draw(t, "caller"))
	}
}

// look holds what the store says against all that there was.
func (p *play) look(t require.TestingT, o *opened, key string, at int64, caller string) {
	mine := slices.Concat(p.committed, o.events)
	theirs := mine // and all that may still come of it
	for _, other := range p.open {
		if other != o {
			theirs = slices.Concat(theirs, other.events)
		}
	}
	r, answer := o.t.Row(p.rows, key, at)
	switch answer {
	case Known:
		require.True(t, known(mine, key, at), "row %s as of %d", key, at)
	case Missing:
		require.False(t, known(slices.Concat(theirs, p.discarded), key, ever), "row %s", key)
	case Unknown:
	}
	for f := range fieldNames {
		v, answer := r.Look(Field(f))
		if answer != Unknown {
			require.Equal(t, value(mine, key, Field(f), at), v, "%s of row %s as of %d is %v", fieldNames[f], key, at, answer)
			require.Equal(t, v, value(theirs, key, Field(f), at), "what others write")
			require.Equal(t, answer == Missing, v == Value{})
		}
	}
	switch o.t.Shown(p.rows, key, caller, at) {
	case Known:
		require.True(t, showed(mine, key, caller, at), "row %s to %s as of %d", key, caller, at)
	case Missing:
		require.True(t, known(mine, key, at))
		require.False(t, showed(slices.Concat(theirs, p.discarded), key, caller, ever), "row %s to %s", key, caller)
	case Unknown:
	}
}

// Nothing that is said is ever wrong, whoever writes in whatever order, with however little room.
func TestAnswersAreNeverWrong(t *testing.T) {
	said := make(map[string]int)
	rapid.Check(t, func(t *rapid.T) {
		s := settings(rapid.SampledFrom([]int{2, 4, 100}).Draw(t, "rows"))
		s.MaxCallers = rapid.SampledFrom([]int{3, 100}).Draw(t, "callers")
		p := newPlay(t, s)
		p.store.mask = rapid.SampledFrom([]uint64{1, 1<<64 - 1}).Draw(t, "mask")
		for now := int64(100); now < 220; now++ {
			// A session ends long before anybody else has its name.
			var callers []string
			for i := range int64(3) {
				callers = append(callers, fmt.Sprint("session ", (now+i*4)/12))
			}
			p.step(t, now, callers)
			p.audit(t)
		}
		for i := range p.open {
			for _, key := range []string{"1", "2", "3", "4", "5", "6"} {
				p.look(t, p.open[i], key, 220, "session 17")
				said[p.open[i].t.Shown(p.rows, key, "session 17", 220).String()]++
			}
		}
	})
	assert.Positive(t, said["missing"], "%v", said)
	assert.Positive(t, said["known"], "%v", said)
}

// audit counts everything anew.
func (p *play) audit(t require.TestingT) {
	s := p.store
	rows, bytes := 0, s.waiting
	for r := s.order.oldest; r != nil; r = r.within.newer {
		rows++
		bytes += r.size()
		require.Same(t, r, s.find(r.hash, r.collection, r.key))
		require.LessOrEqual(t, len(r.shown), s.settings.MaxShown)
	}
	callers := 0
	for c := s.callers.order.oldest; c != nil; c = c.within.newer {
		callers++
		bytes += c.size()
		require.Same(t, c, s.callers.byName[c.name])
	}
	waiting := int64(0)
	for _, o := range p.open {
		waiting += o.t.bytes
	}
	stats := s.Stats()
	require.Equal(t, rows, stats.Rows)
	require.Equal(t, callers, stats.Callers)
	require.Equal(t, bytes, stats.Bytes)
	require.Equal(t, waiting, s.waiting)
	inCollections := 0
	for _, c := range stats.Collections {
		inCollections += c.Rows
	}
	require.Equal(t, rows, inCollections)
	require.LessOrEqual(t, rows, s.settings.MaxRows)
	require.LessOrEqual(t, callers, s.settings.MaxCallers)
	require.LessOrEqual(t, bytes, s.settings.MaxBytes)
	require.Len(t, s.callers.byName, callers)
	if len(p.open) == 0 {
		require.Empty(t, s.pending)
		require.Zero(t, s.waiting)
	}
}

// With room for everything and nobody else at work, all is known that the last two values of each field tell.
func TestWhatIsCommittedInOrderIsKnown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPlay(t, settings(100))
		for now := int64(1); now < 60; now++ {
			o := &opened{t: p.store.Begin(now, "ann")}
			p.open = append(p.open[:0], o)
			key := keys.Draw(t, "key")
			e := event{key, now, []Entry{{0, letters.Draw(t, "value")}}, rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "caller")}
			if rapid.Bool().Draw(t, "put") {
				o.t.Put(p.rows, e.key, e.at, e.fields, e.caller)
				o.events = append(o.events, e)
			}
			all := slices.Concat(p.committed, o.events)
			r, answer := o.t.Row(p.rows, key, now)
			require.Equal(t, known(all, key, now), answer == Known)
			want := value(all, key, 0, now)
			v, ok := r.Get(0)
			require.Equal(t, want != Value{}, ok)
			require.Equal(t, want, v)
			require.Equal(t, showed(all, key, "bob", now), o.t.Shown(p.rows, key, "bob", now) == Known)
			p.end(0, true)
		}
	})
}
