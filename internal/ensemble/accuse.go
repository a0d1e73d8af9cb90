package ensemble

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/campaign"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/feature"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

const (
	inMessage     = 3 // features that the message names
	inExplanation = 6

	// explained is how many events of a window say why: that takes most of a
	// millisecond each, which nobody may buy with addresses.
	explained = 64

	silence = 10 * time.Minute // see Hold
)

// Hold is for how many windows of that length without a finding the alarms of an
// [Accuser] go on, about ten minutes and at least two windows: a slow thief is silent
// in between.
func Hold(window time.Duration) int { return max(2, int(silence/max(1, window))) }

// Words of an accuser.
type Words struct {
	Detector  string // also the rule
	One, Many string // what the accused does, and the accused do, with %s for the service
}

// Usual tells the usual range of a feature in a service.
type Usual func(service string) func(feature string) feature.Range

// Accuser puts verdicts of a detector into anomalies. Not for concurrent use.
type Accuser struct {
	words          Words
	window, period time.Duration
	usual          Usual
	campaigns      *campaign.Book
}

// NewAccuser returns an accuser for windows of that length. period is how far back
// the features of a client's past look; usual may be nil.
func NewAccuser(words Words, window, period time.Duration, usual Usual) *Accuser {
	if usual == nil {
		usual = func(string) func(string) feature.Range { return func(string) feature.Range { return feature.Unknown } }
	}
	lapse := time.Duration(Hold(window)) * window
	return &Accuser{words: words, window: window, period: period, usual: usual, campaigns: campaign.New(lapse)}
}

// Accused is a client that a model found guilty.
type Accused struct {
	Index int // among the window's clients
	Score float64
}

// Report reports the accused of a window, whom the model scored, the highest scores
// first; many who do the same as one anomaly. Only the first 64 anomalies say why.
// about says from where on a score is suspicious. A window without accused is worth a
// call: so much time has passed.
func (a *Accuser) Report(w *detect.Window, m *Model, accused []Accused, about string, report func(anomaly.Event)) {
	t := &trial{Accuser: a, w: w, m: m, accused: accused, about: about, suspects: make([]campaign.Suspect, len(accused))}
	for i, c := range accused {
		v := &w.Clients[c.Index]
		t.suspects[i] = campaign.Suspect{Client: v.Client, Endpoint: v.MaxAPIEndpoint.String(), Calls: v.TotalCalls}
	}
	alone, groups := a.campaigns.Sort(w.Service, w.Start, t.suspects)
	higher := func(i, j int) int { return cmp.Compare(accused[i].Score, accused[j].Score) }
	verdicts := make([]verdict, 0, len(alone)+len(groups))
	for _, i := range alone {
		verdicts = append(verdicts, verdict{worst: i})
	}
	for i := range groups {
		verdicts = append(verdicts, verdict{&groups[i], slices.MaxFunc(groups[i].Members, higher)})
	}
	slices.SortStableFunc(verdicts, func(x, y verdict) int { return higher(y.worst, x.worst) })
	for n, v := range verdicts {
		report(t.event(v, n < explained))
	}
}

// verdict is on one client, or on a group.
type verdict struct {
	group *campaign.Group
	worst int // of the accused, the one with the highest score
}

// trial is what one call of Report is about.
type trial struct {
	*Accuser
	w        *detect.Window
	m        *Model
	accused  []Accused
	suspects []campaign.Suspect // the accused, in the same order
	about    string
}

func (t *trial) event(v verdict, explain bool) anomaly.Event {
	e, why := t.accusation(t.accused[v.worst], explain)
	worst := t.suspects[v.worst].Client
	var who string
	if v.group == nil {
		e.Client = worst
		who = fmt.Sprintf("%s "+t.words.One, worst, t.w.Service)
	} else {
		members := v.group.Members
		e.Group = v.group.Name
		shares := make([]anomaly.Share, len(members))
		for n, i := range members {
			shares[n] = anomaly.Share{Name: t.suspects[i].Client, Calls: t.suspects[i].Calls}
		}
		e.Clients = anomaly.Top(shares, campaign.Alone)
		who = fmt.Sprintf("%d clients "+t.words.Many+", such as %s", len(members), t.w.Service, worst)
		if len(members) == 1 { // the others are silent in this window
			who = fmt.Sprintf("one more client, %s, "+t.words.One, worst, t.w.Service)
		}
	}
	e.Message = joined(": ", who, why)
	return e
}

// accusation is what all accusations have in common, and what speaks for this one.
func (t *trial) accusation(c Accused, explain bool) (e anomaly.Event, why string) {
	v := &t.w.Clients[c.Index]
	scene := &feature.Scene{Endpoint: v.MaxAPIEndpoint.String(), Window: t.window, Period: t.period}
	e = anomaly.Event{
		Kind: anomaly.Traffic, Detector: t.words.Detector, Rule: t.words.Detector, Score: c.Score,
		Service: t.w.Service, Method: v.MaxAPIEndpoint.Method, Route: v.MaxAPIEndpoint.Route,
		Links: detect.Links(v), Hold: Hold(t.window),
	}
	score, most := fmt.Sprintf("score %.2f, where %s", c.Score, t.about), ""
	if scene.Endpoint != "" {
		most = "Most of its calls go to " + scene.Endpoint
	}
	if !explain {
		e.Explanation = joined(". ", score, "Too many were accused in this window to explain each", most) + "."
		return e, mostly(v, new(Reason))
	}
	reason, usual := t.m.Explain(v, &t.w.Pasts[c.Index]), t.usual(t.w.Service)
	score += fmt.Sprintf("; %.2f if nothing is known", reason.Base)
	e.Explanation = joined(". ", score, reason.Sentence(scene, usual, inExplanation), most) + "."
	e.Features = reason.Evidence(usual)
	return e, joined("; ", reason.Sentence(scene, usual, inMessage), mostly(v, &reason))
}

// mostly names the endpoint with the most calls, unless a feature in the sentence
// has done so.
func mostly(v *traffic.Vector, r *Reason) string {
	endpoint := v.MaxAPIEndpoint.String()
	if endpoint == "" || slices.ContainsFunc(r.top(inMessage), func(i int) bool { return r.Features[i].Name == "max_api_call" }) {
		return ""
	}
	return "mostly " + endpoint
}

// joined leaves out empty parts.
func joined(separator string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), separator)
}
