package reference

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestKeysOfSeveralParts(t *testing.T) {
	long := strings.Repeat("x", MaxText+1)
	for _, test := range []struct {
		want  string
		parts []Value
	}{
		{"", nil},
		{"7", []Value{{Int, "7"}}},
		{"7", []Value{{Text, "7"}}},
		{"true", []Value{{Bool, "true"}}},
		{"", []Value{{Text, ""}}},
		{"", []Value{{Null, "null"}}},
		{"", []Value{{}}},
		{"", []Value{{Text, "a"}, {Kind: Unclear}}},
		{"1:a2:bc", []Value{{Text, "a"}, {Text, "bc"}}},
		{"0:1:b", []Value{{Text, ""}, {Text, "b"}}},
		{long[1:], []Value{{Text, long[1:]}}},
	} {
		assert.Equal(t, test.want, Key(test.parts...))
	}
	key := Key(Value{Text, long})
	assert.Less(t, len(key), 50)
	assert.NotEqual(t, key, Key(Value{Text, long + "x"}))
	assert.Equal(t, key, short(key))
}

// Different parts have different keys.
func TestKeysTellTheirPartsApart(t *testing.T) {
	text := rapid.StringMatching("[0-9:a]{0,4}")
	rapid.Check(t, func(t *rapid.T) {
		a, b, c, d := text.Draw(t, "a"), text.Draw(t, "b"), text.Draw(t, "c"), text.Draw(t, "d")
		same := Key(Value{Text, a}, Value{Text, b}) == Key(Value{Text, c}, Value{Text, d})
		assert.Equal(t, a == c && b == d, same)
	})
}

func TestLongTextsAreKnownByTheirHash(t *testing.T) {
	s := opening(t, DefaultSettings())
	c := s.Collection("orders")
	f, _ := s.Field(c, "note")
	long := strings.Repeat("x", 5*MaxText)
	tr := s.Begin(1, long)
	tr.Put(c, long, 1, []Entry{{f, Value{Text, "short"}}}, long)
	tr.Put(c, long, 2, []Entry{{f, Value{Text, long}}}, "")
	r, answer := tr.Row(c, long, 2)
	assert.Equal(t, Known, answer)
	_, answer = r.Look(f)
	assert.Equal(t, Unknown, answer, "a value that is too long is not the one before")
	r, _ = tr.Row(c, Key(Value{Text, long}), 1)
	assert.Equal(t, "short", first(r.Get(f)).Text)
	assert.Equal(t, Known, tr.Shown(c, long, long, 1))
	tr.Commit()
	assert.Less(t, s.Stats().Bytes, int64(2000))
}

func TestAValueCanBeTakenAway(t *testing.T) {
	s := opening(t, DefaultSettings())
	c := s.Collection("orders")
	f, _ := s.Field(c, "total")
	g, _ := s.Field(c, "never")
	tr := s.Begin(1, "")
	tr.Put(c, "1", 1, []Entry{{f, Value{Int, "5"}}}, "")
	tr.Put(c, "1", 2, []Entry{{f, Value{}}}, "")
	tr.Put(c, "1", 3, []Entry{{f, Value{Kind: Unclear}}}, "")
	tr.Put(c, "1", 4, []Entry{{f, Value{Kind: Null}}}, "")
	for at, want := range map[int64]Answer{0: Unknown, 1: Unknown, 2: Unknown, 3: Unknown, 4: Known} {
		r, _ := tr.Row(c, "1", at)
		_, answer := r.Look(f)
		assert.Equal(t, want, answer, "as of %d: of four values two are kept", at)
	}
	tr.Put(c, "1", 5, []Entry{{f, Value{}}}, "")
	r, _ := tr.Row(c, "1", 5)
	_, answer := r.Look(f)
	assert.Equal(t, Missing, answer)
	_, answer = r.Look(g)
	assert.Equal(t, Missing, answer)
	v, ok := r.Get(f)
	assert.False(t, ok)
	assert.Zero(t, v)
	_, answer = Row{}.Look(f)
	assert.Equal(t, Unknown, answer)
}

func TestWhatATransactionWritesIsSeenByOthersOnceItIsCommitted(t *testing.T) {
	s := opening(t, DefaultSettings())
	c := s.Collection("orders")
	f, _ := s.Field(c, "status")
	status := func(tr *Transaction) string {
		r, _ := tr.Row(c, "1", 10)
		v, answer := r.Look(f)
		return fmt.Sprint(v.Text, " ", answer)
	}
	one := s.Begin(1, "ann")
	one.Put(c, "1", 1, []Entry{{f, Value{Text, "new"}}}, "ann")
	one.Commit()
	one, other := s.Begin(2, "ann"), s.Begin(2, "bob")
	assert.Equal(t, "new known", status(other))
	one.Put(c, "1", 3, []Entry{{f, Value{Text, "paid"}}}, "ann")
	assert.Equal(t, "paid known", status(one))
	assert.Equal(t, " unknown", status(other), "it may be paid")
	other.Put(c, "1", 4, []Entry{{f, Value{Text, "sent"}}}, "bob")
	assert.Equal(t, "sent known", status(other))
	assert.Equal(t, " unknown", status(one))
	one.Discard()
	assert.Equal(t, "sent known", status(other))
	other.Commit()
	other = s.Begin(5, "")
	assert.Equal(t, "sent known", status(other))
	one = s.Begin(5, "")
	one.Put(c, "1", 6, []Entry{{f, Value{Text, "sent"}}}, "")
	one.Put(c, "1", 2, []Entry{{f, Value{Text, "lost"}}}, "")
	assert.Equal(t, "sent known", status(other), "others say the same, or something older")
}

func TestATransactionThatHasEndedDoesNothing(t *testing.T) {
	s := opening(t, DefaultSettings())
	c := s.Collection("orders")
	tr := s.Begin(1, "ann")
	tr.Commit()
	tr.Put(c, "1", 1, nil, "ann")
	_, answer := tr.Row(c, "1", 1)
	assert.Equal(t, Unknown, answer)
	assert.Equal(t, Unknown, tr.Shown(c, "1", "ann", 1))
	tr.Commit()
	tr.Discard()
	assert.Zero(t, s.Stats().Rows)
}

func TestWhatIsNotDeclaredIsNotKept(t *testing.T) {
	s := opening(t, DefaultSettings())
	c := s.Collection("orders")
	for i := range MaxFields + 1 {
		f, ok := s.Field(c, fmt.Sprint(i))
		assert.Equal(t, i < MaxFields, ok)
		again, _ := s.Field(c, fmt.Sprint(i))
		assert.Equal(t, f, again)
	}
	assert.Equal(t, c, s.Collection("orders"))
	_, ok := s.Field(None, "a")
	assert.False(t, ok)
	long := strings.Repeat("x", maxName+1)
	assert.Equal(t, None, s.Collection(long))
	_, ok = s.Field(s.Collection("payments"), long)
	assert.False(t, ok)
	for i := range maxCollections {
		s.Collection(fmt.Sprint(i))
	}
	assert.Equal(t, None, s.Collection("one more"))

	tr := s.Begin(1, "ann")
	tr.Put(None, "1", 1, nil, "ann")
	tr.Put(c, "", 1, nil, "ann")
	tr.Put(c, "1", 1, []Entry{{200, Value{Text, "a"}}, {1, Value{kinds, "a"}}}, "ann")
	_, answer := tr.Row(None, "1", 1)
	assert.Equal(t, Unknown, answer)
	_, answer = tr.Row(c, "", 1)
	assert.Equal(t, Unknown, answer)
	assert.Equal(t, Unknown, tr.Shown(None, "1", "ann", 1))
	tr.Commit()
	assert.Empty(t, s.order.newest.history)
	assert.Equal(t, 1, s.order.len)
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	for want, change := range map[string]func(*Settings){
		"max_rows is 0: use a value from 1 to 268435456":                                func(s *Settings) { s.MaxRows = 0 },
		"max_bytes is 5: use a value of at least 1048576":                               func(s *Settings) { s.MaxBytes = 5 },
		"max_shown is 65: use a value from 1 to 64":                                     func(s *Settings) { s.MaxShown = 65 },
		"max_callers is -1: use a value from 0, which is as many as rows, to 268435456": func(s *Settings) { s.MaxCallers = -1 },
		"complete_after is -1ns: use a value from 0s to 8784h0m0s":                      func(s *Settings) { s.CompleteAfter = -1 },
	} {
		s := DefaultSettings()
		change(&s)
		_, err := New(s)
		assert.EqualError(t, err, want)
	}
	require.NoError(t, DefaultSettings().Validate())
}
