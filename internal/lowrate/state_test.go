package lowrate

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

// lively is a detector with trails of all kinds.
func lively(t require.TestingT) *Detector {
	d := newDetector(Persistent)
	for i := range 40 {
		overflow := vector("", 3, 1, 0)
		overflow.Role = traffic.Overflow
		clients := []traffic.Vector{vector("steady", 2, 0, 7), vector("loud", 100_000, 70_000, 7), overflow}
		if i%7 == 0 {
			v := vector("seldom", 1, 1, 1)
			v.DistinctEndpoints = 4
			clients = append(clients, v)
		}
		minute(d, i, clients...)
		judgeAt(d, "old", time.Unix(-3600, 0).Add(time.Duration(i)*time.Minute), vector("a", 1, 0, 0))
	}
	require.Equal(t, 4, d.clients)
	return d
}

// sums are the trails summed up, without the sketches that are not saved.
func sums(d *Detector) map[string]total {
	all := make(map[string]total)
	for name, s := range d.services {
		s.overflow.drop(d.oldest(s))
		all[name+"|overflow"] = s.overflow.sum()
		for client, t := range s.clients {
			t.drop(d.oldest(s))
			all[name+"|client|"+client] = t.sum()
		}
	}
	for name, sum := range all {
		sum.resources = 0
		all[name] = sum
	}
	return all
}

func TestStateIsTakenUpWhole(t *testing.T) {
	before := lively(t)
	one, err := before.Save()
	require.NoError(t, err)
	after := again(t, before)
	assert.Equal(t, sums(before), sums(after))
	assert.Equal(t, before.clients, after.clients)
	two, err := after.Save()
	require.NoError(t, err)
	assert.Equal(t, one, two, "the same trails give the same bytes")
	assert.LessOrEqual(t, len(one), before.stateSize())
}

func TestAnotherWindowLengthStartsFresh(t *testing.T) {
	state, err := lively(t).Save()
	require.NoError(t, err)
	d := New(DefaultSettings(), 5*time.Minute, 100)
	require.NoError(t, d.Restore(state), "a changed setting is no damage")
	assert.Zero(t, d.clients)
	for i := range 200 {
		at := noon.Add(24*time.Hour + time.Duration(i)*5*time.Minute)
		assert.Empty(t, judgeAt(d, "shop", at, vector("steady", 1, 1, 0)), "6 failures in 30 minutes")
	}
	assert.Len(t, d.services["shop"].clients["steady"].steps, 6)
}

func TestAnotherPeriodKeepsWhatIsInIt(t *testing.T) {
	state, err := lively(t).Save()
	require.NoError(t, err)
	settings := DefaultSettings()
	for period, want := range map[time.Duration]int{10 * time.Minute: 10, 30 * time.Minute: 30, time.Hour: 30} {
		settings.Period = period
		d := New(settings, time.Minute, 100)
		require.NoError(t, d.Restore(state))
		assert.Equal(t, want, d.services["shop"].clients["steady"].sum().windows)
		minute(d, 40, vector("steady", 2, 0, 0))
		assert.Equal(t, min(want+1, d.period), d.services["shop"].clients["steady"].sum().windows)
	}
	settings.Period = 4 * time.Minute
	d := New(settings, time.Minute, 100)
	require.NoError(t, d.Restore(state))
	assert.NotContains(t, d.services["shop"].clients, "seldom", "its last step is 5 windows old")
}

func TestALowerLimitIsKept(t *testing.T) {
	state, err := lively(t).Save()
	require.NoError(t, err)
	d := New(DefaultSettings(), time.Minute, 2)
	require.NoError(t, d.Restore(state))
	assert.Equal(t, 2, d.clients)
	assert.Equal(t, 30, d.services["shop"].overflow.sum().windows)
}

func TestDamagedStateStartsFresh(t *testing.T) {
	state, err := lively(t).Save()
	require.NoError(t, err)
	damaged := map[string][]byte{"json": []byte("{}"), "more": append(append([]byte{}, state...), 0)}
	// A second service of one name would take the first one's place, but not in the count.
	service := []byte{1, 's', 0, 1, 0, 0, 1, 0}
	head := binary.AppendUvarint([]byte{stateFormat}, uint64(time.Minute))
	require.NoError(t, newDetector(Paper).Restore(append(append(slices.Clip(head), 1), service...)))
	damaged["twice"] = append(append(append(slices.Clip(head), 2), service...), service...)
	for n := range state {
		damaged[fmt.Sprint("cut at ", n)] = state[:n]
	}
	for name, state := range damaged {
		d := lively(t)
		assert.Error(t, d.Restore(state), name)
		assert.Zero(t, d.clients, name)
		assert.Empty(t, d.services, name)
	}
}

// FuzzRestore: any bytes give an error or a state that is within all bounds,
// survives another round and can be judged with.
func FuzzRestore(f *testing.F) {
	state, err := lively(f).Save()
	require.NoError(f, err)
	f.Add(state)
	empty, err := newDetector(Paper).Save()
	require.NoError(f, err)
	f.Add(empty)
	f.Add([]byte("{}"))
	f.Add(append(append([]byte{}, empty[:len(empty)-1]...), 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f))
	f.Fuzz(func(t *testing.T, state []byte) {
		d := New(DefaultSettings(), time.Minute, 3)
		if d.Restore(state) != nil {
			require.Zero(t, d.clients)
			require.Empty(t, d.services)
			return
		}
		require.LessOrEqual(t, d.clients, 3)
		followed := 0
		for _, s := range d.services {
			followed += len(s.clients)
			for _, own := range s.clients {
				require.NotEmpty(t, own.steps)
				require.LessOrEqual(t, cap(own.steps), 30)
				require.LessOrEqual(t, own.last, s.newest)
			}
		}
		require.Equal(t, followed, d.clients)
		require.Equal(t, sums(d), sums(again(t, d)))
		minute(d, 0, vector("a", 20, 20, 0), vector("b", 20, 20, 0))
		minute(d, 1, vector("a", 20, 20, 0), vector("c", 20, 20, 0))
		require.LessOrEqual(t, d.clients, 3)
	})
}
