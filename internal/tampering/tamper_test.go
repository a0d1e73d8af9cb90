package tampering

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// values are all scalars of a scene's calls by service, API and path, with those of statements.
func values(t *Trace) map[string][]string {
	sc := newScene(t)
	all := make(map[string][]string)
	for _, c := range sc.calls {
		for _, l := range append(c.fields(), c.answer()...) {
			key := c.service + " " + c.api + " " + l.path
			if l.value.scalar() {
				all[key] = append(all[key], l.value.String())
			}
		}
	}
	for _, st := range sc.statements {
		for _, p := range st.parameters {
			all["db."+p.name] = append(all["db."+p.name], p.value.text)
		}
	}
	return all
}

func settings(copies int) Settings {
	s := DefaultSettings()
	s.Copies = copies
	return s
}

// of are the tampered copies of a kind in a field.
func of(copies []Copy, kind, field string) (some []Copy) {
	for _, c := range copies {
		if !c.Sham && c.Kind == kind && c.Field == field {
			some = append(some, c)
		}
	}
	return some
}

func TestAShamHasWhatItsOriginalHasButTheIDs(t *testing.T) {
	survey, _, judge := played(t)
	shams := 0
	for _, c := range survey.Tamper(judge, settings(300)) {
		if !c.Sham {
			continue
		}
		shams++
		original := &judge[c.Of]
		assert.Equal(t, values(original), values(&c.Trace))
		assert.NotEqual(t, original.ID, c.Trace.ID)
		assert.Equal(t, original.Start+DefaultSettings().Shift, c.Trace.Start)
		assert.Equal(t, original.Spans.SpanCount(), c.Trace.Spans.SpanCount())
		assert.Empty(t, c.Fields)
	}
	assert.Positive(t, shams)
}

func TestACopyIsAWholeTraceWithTheSameTree(t *testing.T) {
	survey, _, judge := played(t)
	for _, c := range survey.Tamper(judge, settings(200)) {
		before, after := newScene(&judge[c.Of]), newScene(&c.Trace)
		require.Len(t, after.calls, len(before.calls))
		for i := range before.calls {
			assert.Equal(t, before.calls[i].api, after.calls[i].api)
			assert.NotEqual(t, before.calls[i].span.SpanID(), after.calls[i].span.SpanID())
			assert.Equal(t, before.calls[i].parent == nil, after.calls[i].parent == nil)
		}
		assert.Equal(t, c.Call, after.front.span.SpanID().String())
	}
}

func TestEachTamperedFieldIsAnotherInTheCopy(t *testing.T) {
	survey, _, judge := played(t)
	kinds := make(map[string]bool)
	for _, c := range survey.Tamper(judge, settings(600)) {
		if c.Sham || c.Kind == "replay" {
			continue
		}
		kinds[c.Kind] = true
		require.NotEmpty(t, c.Fields, c.Kind)
		before, after := newScene(&judge[c.Of]), newScene(&c.Trace)
		for _, f := range c.Fields {
			for i := range after.calls {
				if after.calls[i].span.SpanID().String() == f.SpanID {
					assert.NotEqual(t, at(before.calls[i], f.Path), at(after.calls[i], f.Path), "%s %s %s", c.Kind, c.API, f.Path)
				}
			}
		}
	}
	for _, k := range Kinds() {
		if k.Name != "replay" {
			assert.True(t, kinds[k.Name], "no copy is tampered with by %s", k.Name)
		}
	}
}

// at are the values at a path of a call's request.
func at(c *call, path string) (all []string) {
	for _, l := range c.fields() {
		if l.path == path {
			all = append(all, l.value.String())
		}
	}
	return all
}

func TestAForeignIDIsSomebodyElsesAndSoIsTheAnswer(t *testing.T) {
	survey, traces, judge := played(t)
	owner := make(map[string]string)
	for i := range traces {
		for _, c := range newScene(&traces[i]).calls {
			for _, l := range c.answer() {
				if l.value.kind == object && l.value.member("owner") != nil {
					owner[l.value.member("id").text] = l.value.member("owner").text
				}
			}
		}
	}
	copies := survey.Tamper(judge, settings(2000))
	paid := of(copies, "foreign id", "req.body.orderId")
	require.NotEmpty(t, paid)
	for _, c := range paid {
		all := values(&c.Trace)
		user := newScene(&c.Trace).front.user
		assert.NotEqual(t, user, owner[c.New])
		assert.Equal(t, []string{owner[c.New]}, all["orders GET /orders/{id} resp.body.owner"], "the child call answers with the owner's row")
		assert.Equal(t, []string{c.New}, all["orders GET /orders/{id} resp.body.id"])
		assert.Equal(t, []string{c.New}, all["orders GET /orders/{id} req.path.id"])
		assert.Equal(t, []string{c.New}, all["bank POST /charges req.body.reference"])
		assert.Equal(t, []string{c.New}, all["db.0"])
		assert.Equal(t, []string{c.New}, all["shop POST /pay resp.body.for"], "an answer that repeats the id repeats the new one")
		assert.Contains(t, spanAttribute(&c.Trace, "url.full"), c.New, "the client's address is the server's")
	}
	listed := of(copies, "foreign id", "req.path.personId")
	require.NotEmpty(t, listed)
	for _, c := range listed {
		owners := values(&c.Trace)["shop GET /people/{personId}/orders resp.body.orders[].owner"]
		require.NotEmpty(t, owners)
		assert.Equal(t, []string{c.New}, slices.Compact(owners))
	}
}

func spanAttribute(t *Trace, name string) string {
	for span := range t.all() {
		if v, ok := span.Attributes().Get(name); ok {
			return v.Str()
		}
	}
	return ""
}

func TestAPlausiblePriceIsCarriedToWhatIsCharged(t *testing.T) {
	survey, _, judge := played(t)
	prices := of(survey.Tamper(judge, settings(2000)), "plausible price", "req.body.amount")
	require.NotEmpty(t, prices)
	for _, c := range prices {
		all := values(&c.Trace)
		assert.Equal(t, []string{c.New}, all["bank POST /charges req.body.amount"])
		assert.Equal(t, []string{c.Old}, all["orders GET /orders/{id} resp.body.total"], "what the order costs stays")
		assert.NotNil(t, survey.fields[fieldKey{"POST /pay", "req.body.amount"}].values[c.New], "another order was paid so")
	}
}

func TestARandomIDWasNeverSeenAndNothingIsFoundByIt(t *testing.T) {
	survey, _, judge := played(t)
	ids := of(survey.Tamper(judge, settings(2000)), "random id", "req.path.personId")
	require.NotEmpty(t, ids)
	for _, c := range ids {
		assert.Nil(t, survey.sights[c.New])
		assert.Empty(t, values(&c.Trace)["shop GET /people/{personId}/orders resp.body.orders[].owner"], "the list is empty")
	}
}

func TestAnswersMayStayAsTheyWere(t *testing.T) {
	survey, _, judge := played(t)
	s := settings(500)
	s.KeepAnswers = true
	for _, c := range survey.Tamper(judge, s) {
		if c.Sham || c.Kind == "foreign id" {
			continue
		}
		before, after := values(&judge[c.Of]), values(&c.Trace)
		for path := range before {
			if strings.Contains(path, "resp.") {
				assert.Equal(t, before[path], after[path], "%s %s", c.Kind, path)
			}
		}
	}
}

func TestAReplayComesWhenItsOriginalHasEnded(t *testing.T) {
	survey, _, judge := played(t)
	replays := of(survey.Tamper(judge, settings(2000)), "replay", "req.body.orderId")
	require.NotEmpty(t, replays)
	for _, c := range replays {
		assert.Greater(t, c.Trace.Start, judge[c.Of].End)
		assert.Equal(t, values(&judge[c.Of]), values(&c.Trace))
	}
}

func TestTheSameSeedMakesTheSameCopies(t *testing.T) {
	survey, _, judge := played(t)
	again, _, _ := played(t)
	one, two := survey.Tamper(judge, settings(300)), again.Tamper(judge, settings(300))
	require.Len(t, two, len(one))
	for i := range one {
		assert.Equal(t, one[i].Trace.ID, two[i].Trace.ID)
		assert.Equal(t, values(&one[i].Trace), values(&two[i].Trace))
		assert.Equal(t, one[i].Fields, two[i].Fields)
	}
	s := settings(300)
	s.Seed = 2
	assert.NotEqual(t, one[0].Trace.ID, survey.Tamper(judge, s)[0].Trace.ID)
}

func TestKindsComeEvenly(t *testing.T) {
	survey, _, judge := played(t)
	count := make(map[string]int)
	for _, c := range survey.Tamper(judge, settings(150)) {
		count[c.Kind]++
	}
	most, least := 0, 1000
	for _, n := range count {
		most, least = max(most, n), min(least, n)
	}
	assert.Greater(t, len(count), 10)
	assert.LessOrEqual(t, most-least, 2, "%v", count)
}

func TestKindsMayBeLeftOut(t *testing.T) {
	survey, _, judge := played(t)
	s := settings(2000)
	s.Without = []string{"replay"}
	assert.Empty(t, of(survey.Tamper(judge, s), "replay", "req.body.orderId"))
}
