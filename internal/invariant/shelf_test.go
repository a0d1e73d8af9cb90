package invariant

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/document"
)

func TestBodiesOfAKeptCallAreReadOnce(t *testing.T) {
	b := bookOfShop(t, `req.body.a == 1`, `db.complete.all(s, s.rows > req.body.a)`)
	call := order().with(requestBodyAttribute, `{"a": 1}`).read(t, b)
	j := NewJudge(b)
	j.Immediate(call, func(Verdict) {})
	first := j.shelf.take(call)
	require.True(t, first.readings[requestReading].done)
	at := first.readings[requestReading].document.Root()
	first.readers--
	j.Deferred(call, &Surroundings{Calls: []*Call{call}}, func(Verdict) {})
	assert.Equal(t, at, first.readings[requestReading].document.Root(), "the same value of the same reading")
	assert.Zero(t, first.readers)
}

func TestACallThatIsReusedIsReadAnew(t *testing.T) {
	b := book(t, `req.body.a == 1`)
	call := order().with(requestBodyAttribute, `{"a": 1}`).read(t, b)
	j := NewJudge(b)
	var got []Outcome
	for _, body := range []string{`{"a": 1}`, `{"a": 2}`, `{"a": 1}`} {
		call.RequestBody.Text = body
		j.Immediate(call, func(v Verdict) { got = append(got, v.Outcome) })
	}
	assert.Equal(t, []Outcome{Holds, Violated, Holds}, got)
}

func TestAShelfHasRoomForSoManyCalls(t *testing.T) {
	var s shelf
	assert.Nil(t, s.take(&Call{}), "nobody may keep what is in a scratch")
	var calls []*Call
	for range shelved + 1 {
		calls = append(calls, &Call{bytes: 1})
	}
	for _, c := range calls[:shelved] {
		require.NotNil(t, s.take(c))
	}
	assert.Nil(t, s.take(calls[shelved]), "all others are looked at")
	s.take(calls[3]).readers -= 2
	assert.Same(t, calls[shelved], s.take(calls[shelved]).call)
	views := []*view{newView(document.DefaultLimits, &s), newView(document.DefaultLimits, &s)}
	views[0].show(&Call{bytes: 1, RequestBody: Body{Text: `{"a": 1}`, State: WholeBody}})
	views[1].show(&Call{bytes: 1, RequestBody: Body{Text: `{"a": 2}`, State: WholeBody}})
	for i, v := range views {
		n, _ := v.requestBody().(*objectNode).node.Field("a")
		assert.Equal(t, int64(i+1), n.Int(), "without room each has its own")
	}
}

func TestLettersMatchWhatTheirPatternMatches(t *testing.T) {
	for pattern, known := range map[string]bool{
		`^[A-Za-z0-9_]+$`: true, `^[a-z]*$`: true, `^[^a-z]+$`: true, `^\d+$`: true, `(?i)^[a-c]+$`: true, `^[a-zé]+$`: true, `\A[0-9.-]+\z`: true,
		`^a+$`: false, `[a-z]+`: false, `^[a-z]+`: false, `^[a-z]{3}$`: false, `(?m)^[a-z]+$`: false, `^[a-z]?$`: false, `^([a-z]+)$`: false,
	} {
		l := lettersOf(pattern)
		if !assert.Equal(t, known, l != nil, pattern) || !known {
			continue
		}
		whole := regexp.MustCompile(pattern)
		rapid.Check(t, func(r *rapid.T) {
			s := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "C", "z", "7", "_", ".", "-", "\n", "é", "\xff", "ſ", "K"}), 0, 4).Draw(r, "text"), "")
			assert.Equal(r, whole.MatchString(s), l.match(s, whole), "%s %q", pattern, s)
		})
	}
}

// However long what a caller sends is, a plan is broken off where an evaluation has cost enough.
func TestAPlanEndsAtItsCost(t *testing.T) {
	list := "[" + strings.Repeat("1,", 3000) + "1]"
	s := order().with(requestBodyAttribute, `{"list": `+list+`, "x": `+list+`, "text": "`+strings.Repeat("a", 30_000)+`"}`)
	for _, check := range []string{
		`req.body.list.all(i, req.body.list.all(j, i == j))`,
		`req.body.list.all(i, req.body.x == req.body.list)`,
		`req.body.list.all(i, size(req.body.text) > 1)`,
		`req.body.list.all(i, !(req.body.text in ["1", "2", "3", "4", "5", "6", "7", "8", "9"]))`,
		`req.body.list.all(i, !("y" in req.body.list)) || true == false`,
		`req.body.list.all(i, !req.body.text.matches("x+y"))`,
		`req.body.list.all(i, req.body.text.matches("^[a-z]+$"))`,
		`req.body.list.all(i, !req.body.text.contains("x") && !isUUID(req.body.text))`,
		`req.body.list.all(i, req.body.text == req.body.text)`,
		`!req.body.list.exists(i, req.body.list.exists_one(j, j == 2))`,
		`req.body.list.all(i, req.body.text.lowerAscii() != "x")`,
		`req.body.list.all(i, same(req.body.x, 1))`,
	} {
		b := book(t, check)
		require.True(t, b.Rules()[0].isPlanned(), check)
		NewJudge(b).Immediate(s.read(t, b), func(v Verdict) { assert.Equal(t, Cost, v.Reason, check) })
	}
}
