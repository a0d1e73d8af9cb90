package trail

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

// lively is a book with trails of all kinds.
func lively(t require.TestingT) *Book {
	b := newBook()
	for i := range 40 {
		clients := []traffic.Vector{vector("steady", 2, 0), vector("loud", 100_000, 70_000), overflow(3, 1)}
		if i%7 == 0 {
			v := vector("seldom", 1, 1)
			v.DistinctEndpoints = 4
			clients = append(clients, v)
		}
		for c := range clients {
			clients[c].Endpoints, clients[c].Resources = sketch(c, 1), sketch(i, 2)
		}
		minute(b, i, clients...)
		addAt(b, "old", time.Unix(-3600, 0).Add(time.Duration(i)*time.Minute), vector("a", 1, 0))
	}
	require.Equal(t, 4, b.trails.Len())
	return b
}

// sums are the trails summed up, without the sketches, which are not saved.
func sums(b *Book) map[string]Past {
	all := make(map[string]Past)
	for name, s := range b.trails.Services() {
		overflowOf(s).drop(b.oldest(s.Newest))
		all[name+"|overflow"] = figures(overflowOf(s).sum())
		for client, t := range s.Clients {
			t.drop(b.oldest(s.Newest))
			all[name+"|client|"+client] = figures(t.sum())
		}
	}
	return all
}

// figures are what survives a restart.
func figures(p Past) Past {
	p.Endpoints, p.Resources, p.Partial = 0, 0, false
	return p
}

func TestStateIsTakenUpWhole(t *testing.T) {
	before := lively(t)
	one, err := before.Save()
	require.NoError(t, err)
	after := again(t, before)
	assert.Equal(t, sums(before), sums(after))
	assert.Equal(t, before.trails.Len(), after.trails.Len())
	two, err := after.Save()
	require.NoError(t, err)
	assert.Equal(t, one, two, "the same trails give the same bytes")
	assert.LessOrEqual(t, len(one), before.stateSize())
}

func TestAnotherWindowLengthStartsFresh(t *testing.T) {
	state, err := lively(t).Save()
	require.NoError(t, err)
	b := New(lookBack, 5*time.Minute, 100)
	require.NoError(t, b.Restore(state), "a changed setting is no damage")
	assert.Zero(t, b.trails.Len())
	for i := range 200 {
		at := noon.Add(24*time.Hour + time.Duration(i)*5*time.Minute)
		assert.LessOrEqual(t, addAt(b, "shop", at, vector("steady", 1, 1))[0].Failed, 6, "in 30 minutes")
	}
	assert.Len(t, b.trails.Services()["shop"].Clients["steady"].steps, 6)
}

func TestAnotherPeriodKeepsWhatIsInIt(t *testing.T) {
	state, err := lively(t).Save()
	require.NoError(t, err)
	for period, want := range map[time.Duration]int{10 * time.Minute: 10, 30 * time.Minute: 30, time.Hour: 30} {
		b := New(period, time.Minute, 100)
		require.NoError(t, b.Restore(state))
		assert.Equal(t, want, b.trails.Services()["shop"].Clients["steady"].sum().Windows)
		minute(b, 40, vector("steady", 2, 0))
		assert.Equal(t, min(want+1, b.period), b.trails.Services()["shop"].Clients["steady"].sum().Windows)
	}
	b := New(4*time.Minute, time.Minute, 100)
	require.NoError(t, b.Restore(state))
	assert.NotContains(t, b.trails.Services()["shop"].Clients, "seldom", "its last step is 5 windows old")
}

func TestALowerLimitIsKept(t *testing.T) {
	state, err := lively(t).Save()
	require.NoError(t, err)
	b := New(lookBack, time.Minute, 2)
	require.NoError(t, b.Restore(state))
	assert.Equal(t, 2, b.trails.Len())
	assert.Equal(t, 30, b.trails.Services()["shop"].Rest.sum().Windows)
}

func TestDamagedStateStartsFresh(t *testing.T) {
	state, err := lively(t).Save()
	require.NoError(t, err)
	damaged := map[string][]byte{"json": []byte("{}"), "more": append(append([]byte{}, state...), 0)}
	// A second service of one name would take the first one's place, but not in the count.
	service := []byte{1, 's', 0, 1, 0, 0, 1, 0}
	head := binary.AppendUvarint([]byte{stateFormat}, uint64(time.Minute))
	require.NoError(t, newBook().Restore(append(append(slices.Clip(head), 1), service...)))
	damaged["twice"] = append(append(append(slices.Clip(head), 2), service...), service...)
	for n := range state {
		damaged[fmt.Sprint("cut at ", n)] = state[:n]
	}
	for name, state := range damaged {
		b := lively(t)
		assert.Error(t, b.Restore(state), name)
		assert.Zero(t, b.trails.Len(), name)
		assert.Empty(t, b.trails.Services(), name)
	}
}

// FuzzRestore: any bytes give an error or a state that is within all bounds,
// survives another round and can be gone on with.
func FuzzRestore(f *testing.F) {
	state, err := lively(f).Save()
	require.NoError(f, err)
	f.Add(state)
	empty, err := newBook().Save()
	require.NoError(f, err)
	f.Add(empty)
	f.Add([]byte("{}"))
	f.Add(append(append([]byte{}, empty[:len(empty)-1]...), 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f))
	f.Fuzz(func(t *testing.T, state []byte) {
		b := New(lookBack, time.Minute, 3)
		if b.Restore(state) != nil {
			require.Zero(t, b.trails.Len())
			require.Empty(t, b.trails.Services())
			return
		}
		require.LessOrEqual(t, b.trails.Len(), 3)
		followed := 0
		for _, s := range b.trails.Services() {
			followed += len(s.Clients)
			for _, own := range s.Clients {
				require.NotEmpty(t, own.steps)
				require.LessOrEqual(t, cap(own.steps), 30)
				require.LessOrEqual(t, own.last, s.Newest)
			}
		}
		require.Equal(t, followed, b.trails.Len())
		require.Equal(t, sums(b), sums(again(t, b)))
		minute(b, 0, vector("a", 20, 20), vector("b", 20, 20))
		minute(b, 1, vector("a", 20, 20), vector("c", 20, 20))
		require.LessOrEqual(t, b.trails.Len(), 3)
	})
}
