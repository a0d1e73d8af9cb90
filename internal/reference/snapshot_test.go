package reference

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func saved(t require.TestingT, s *Store) []byte {
	var b bytes.Buffer
	require.NoError(t, s.Save(&b))
	return b.Bytes()
}

func reload(t require.TestingT, s *Store, settings Settings) *Store {
	loaded, err := Load(bytes.NewReader(saved(t, s)), settings)
	require.NoError(t, err)
	loaded.proof = s.proof
	return loaded
}

// sample is a store with something of everything in it.
func sample(t testing.TB) *Store {
	t.Helper()
	settings := DefaultSettings()
	settings.MaxRows, settings.MaxCallers, settings.MaxShown = 40, 10, 2
	s := opening(t, settings)
	orders, earlier := s.Collection("orders"), s.CallerCollection("GET /orders/{id}")
	for _, name := range []string{"owner", "price", "ünï.code"} {
		s.Field(orders, name)
	}
	s.Field(earlier, "resp.body.total")
	for i := range 100 {
		at := int64(1000 + i*10)
		by := fmt.Sprint("session ", i%13)
		tr := s.Begin(at, by)
		tr.Row(orders, fmt.Sprint((i+1)%50), at)
		for j := range 3 {
			tr.Put(orders, fmt.Sprint((i+j)%50), at-int64(j*7), []Entry{
				{0, Value{Text, by}}, {1, Value{Int, fmt.Sprint(i)}}, {2, Value{Kind(i % int(kinds)), ""}},
			}, by)
		}
		tr.Put(earlier, by, at, []Entry{{0, Value{Float, "1.5"}}}, "")
		if i%9 == 0 {
			tr.Discard()
			continue
		}
		tr.Commit()
	}
	return s
}

func TestWhatIsSavedIsLoaded(t *testing.T) {
	s := sample(t)
	state := saved(t, s)
	assert.Equal(t, state, saved(t, s), "twice")
	assert.Equal(t, state, saved(t, sample(t)), "the same calls")
	loaded := reload(t, s, s.settings)
	assert.Equal(t, state, saved(t, loaded))
	want, got := s.Stats(), loaded.Stats()
	for i := range want.Collections {
		want.Collections[i].Hits, want.Collections[i].Misses = 0, 0
	}
	got.Bytes, want.Bytes = 0, 0 // room in lists differs
	assert.Equal(t, want, got)
	for r := s.order.oldest; r != nil; r = r.within.newer {
		same := loaded.find(loaded.hash(r.collection, r.key), r.collection, r.key)
		require.NotNil(t, same, r.key)
		assert.Equal(t, r.history, same.history)
		assert.ElementsMatch(t, r.shown, same.shown)
		assert.Equal(t, [...]any{r.born, r.last, r.lossy, r.from, r.forgot, r.commit}, [...]any{same.born, same.last, same.lossy, same.from, same.forgot, same.commit})
	}
	f, ok := loaded.Field(loaded.Collection("orders"), "price")
	assert.True(t, ok)
	assert.Equal(t, Field(1), f)
}

// A store that was loaded answers as the one that was saved, but for callers.
func TestALoadedStoreGoesOnAsBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPlay(t, settings(rapid.SampledFrom([]int{3, 100}).Draw(t, "rows")))
		now := int64(100)
		for ; now < 160; now++ {
			p.step(t, now, []string{"ann", "bob", "eve"})
		}
		for len(p.open) > 0 {
			p.end(0, true)
		}
		loaded := *p
		loaded.store = reload(t, p.store, p.store.settings)
		require.Equal(t, saved(t, p.store), saved(t, loaded.store))
		here, there := p.store.Begin(now, ""), loaded.store.Begin(now, "")
		for range 10 {
			key, at := keys.Draw(t, "key"), now-rapid.Int64Range(0, 60).Draw(t, "back")
			a, answer := here.Row(p.rows, key, at)
			b, same := there.Row(p.rows, key, at)
			require.Equal(t, answer, same)
			for f := range fieldNames {
				v, is := a.Look(Field(f))
				w, also := b.Look(Field(f))
				require.Equal(t, []any{v, is}, []any{w, also})
			}
			require.Equal(t, here.Shown(p.rows, key, "ann", at) == Known, there.Shown(p.rows, key, "ann", at) == Known)
		}
	})
}

func TestAnEmptyStoreIsSavedToo(t *testing.T) {
	s := opening(t, DefaultSettings())
	assert.Equal(t, saved(t, s), saved(t, reload(t, s, DefaultSettings())))
}

func TestWhatHasNoRoomAnyMoreIsEvicted(t *testing.T) {
	s := sample(t)
	small := s.settings
	small.MaxRows, small.MaxCallers, small.MaxShown = 5, 2, 1
	loaded := reload(t, s, small)
	stats := loaded.Stats()
	assert.Equal(t, 5, stats.Rows)
	assert.Equal(t, 2, stats.Callers)
	assert.Equal(t, s.order.newest.key, loaded.order.newest.key)
	assert.Equal(t, s.callers.order.newest.name, loaded.callers.order.newest.name)
	for r := loaded.order.oldest; r != nil; r = r.within.newer {
		assert.LessOrEqual(t, len(r.shown), 1)
	}
	small.MaxRows = 0
	_, err := Load(bytes.NewReader(saved(t, s)), small)
	assert.ErrorContains(t, err, "max_rows is 0")
}

// sealed is a snapshot of that body with a checksum that fits.
func sealed(body []byte) []byte {
	return binary.BigEndian.AppendUint64(slices.Clip(body), crc64.Checksum(body, sumTable))
}

func TestDamageIsNoticed(t *testing.T) {
	state := saved(t, sample(t))
	for i := range state {
		_, err := Load(bytes.NewReader(state[:i]), DefaultSettings())
		require.Error(t, err, "cut at %d", i)
		bad := bytes.Clone(state)
		bad[i] ^= 4
		_, err = Load(bytes.NewReader(bad), DefaultSettings())
		require.Error(t, err, "byte %d", i)
	}
	_, err := Load(bytes.NewReader(append(bytes.Clone(state), 0)), DefaultSettings())
	assert.ErrorIs(t, err, errDamaged)
	_, err = Load(bytes.NewReader(append([]byte("a"), state...)), DefaultSettings())
	assert.ErrorIs(t, err, errFormat)
	_, err = Load(bytes.NewReader(sealed(append([]byte(magic), 9))), DefaultSettings())
	assert.EqualError(t, err, "the snapshot is of version 9, and 1 is the one that can be read")
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestErrorsOfFilesAreReturned(t *testing.T) {
	full := errors.New("the disk is full")
	assert.ErrorIs(t, sample(t).Save(failing{full}), full)
	_, err := Load(failing{full}, DefaultSettings())
	assert.ErrorIs(t, err, full)
}

func FuzzLoad(f *testing.F) {
	f.Add(saved(f, sample(f))[len(magic)+1:])
	f.Add(saved(f, opening(f, DefaultSettings()))[len(magic)+1:])
	f.Fuzz(func(t *testing.T, body []byte) {
		settings := DefaultSettings()
		settings.MaxRows, settings.MaxBytes = 20, 1<<20
		if len(body) >= sumSize { // so that what it holds is looked at
			body = body[:len(body)-sumSize]
		}
		state := sealed(append([]byte(magic+"\x01"), body...))
		s, err := Load(bytes.NewReader(state), settings)
		if err != nil {
			return
		}
		again := reload(t, s, settings)
		assert.Equal(t, saved(t, s), saved(t, again))
		p := &play{store: s}
		if len(s.collections) == 0 {
			return
		}
		p.audit(t)
		for at := int64(-50); at < 2000; at += 150 {
			tr := s.Begin(at, "session 1")
			for c := range s.collections {
				for key := range 5 {
					key := fmt.Sprint(key * 7)
					r, _ := tr.Row(Collection(c), key, at)
					for f := range Field(MaxFields) {
						r.Get(f)
					}
					tr.Put(Collection(c), key, at, []Entry{{0, Value{Text, key}}, {1, Value{Text, "b"}}}, "session 2")
					tr.Shown(Collection(c), key, "session 3", at)
				}
			}
			tr.Commit()
		}
		p.audit(t)
	})
}

// A store is saved on its first day, in which more than 300 different things were asked for and found.
func TestABusyFirstDayCanBeLoaded(t *testing.T) {
	s, err := New(DefaultSettings())
	require.NoError(t, err)
	c := s.Collection("orders")
	for i := range 301 {
		at := int64(i) * int64(time.Minute)
		w := s.Begin(at, fmt.Sprint("s:", i))
		w.Put(c, fmt.Sprint("order-", i), at, nil, "")
		w.Commit()
		r := s.Begin(at+1, fmt.Sprint("s:", i))
		_, answer := r.Row(c, fmt.Sprint("order-", i), at+1)
		require.Equal(t, Known, answer)
		r.Commit()
	}
	var saved bytes.Buffer
	require.NoError(t, s.Save(&saved))
	_, err = Load(&saved, DefaultSettings())
	require.NoError(t, err)
}
