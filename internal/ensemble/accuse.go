package ensemble

import (
	"cmp"
	"fmt"
	"slices"
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

	// hold is for how many windows without a finding an alarm goes on: a slow thief is
	// silent in between.
	hold = 10
)

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
	suspects       []campaign.Suspect
}

// NewAccuser returns an accuser for windows of that length. period is how far back
// the features of a client's past look; usual may be nil.
func NewAccuser(words Words, window, period time.Duration, usual Usual) *Accuser {
	if usual == nil {
		usual = func(string) func(string) feature.Range { return func(string) feature.Range { return feature.Unknown } }
	}
	return &Accuser{words: words, window: window, period: period, usual: usual, campaigns: campaign.New(hold * window)}
}

// Accused is a client that a model found guilty.
type Accused struct {
	Index int // among the window's clients
	Score float64
}

// Report reports the accused of a window, whom the model scored; many who do the
// same as one anomaly. about says from where on a score is suspicious.
func (a *Accuser) Report(w *detect.Window, m *Model, accused []Accused, about string, report func(anomaly.Event)) {
	if len(accused) == 0 {
		return
	}
	a.suspects = a.suspects[:0]
	for _, c := range accused {
		v := &w.Clients[c.Index]
		a.suspects = append(a.suspects, campaign.Suspect{
			Service: w.Service, Client: v.Client, Endpoint: v.MaxAPIEndpoint.String(), Calls: v.TotalCalls,
		})
	}
	alone, groups := a.campaigns.Sort(w.Start, a.suspects)
	for _, i := range alone {
		e, sentence := a.event(w, m, accused[i], about)
		e.Client = a.suspects[i].Client
		e.Message = fmt.Sprintf("%s "+a.words.One+": %s", e.Client, w.Service, sentence)
		report(e)
	}
	for _, g := range groups {
		report(a.group(w, m, accused, &g, about))
	}
}

// group is the anomaly of many clients who do the same.
func (a *Accuser) group(w *detect.Window, m *Model, accused []Accused, g *campaign.Group, about string) anomaly.Event {
	worst := slices.MaxFunc(g.Members, func(i, j int) int { return cmp.Compare(accused[i].Score, accused[j].Score) })
	e, sentence := a.event(w, m, accused[worst], about)
	e.Group = g.Name
	shares := make([]anomaly.Share, len(g.Members))
	for n, i := range g.Members {
		shares[n] = anomaly.Share{Name: a.suspects[i].Client, Calls: a.suspects[i].Calls}
	}
	e.Clients = anomaly.Top(shares, campaign.Alone)
	if len(g.Members) == 1 { // the others are silent in this window
		e.Message = fmt.Sprintf("one more client, %s, "+a.words.One+": %s", a.suspects[worst].Client, w.Service, sentence)
		return e
	}
	e.Message = fmt.Sprintf("%d clients "+a.words.Many+", such as %s: %s", len(g.Members), w.Service, a.suspects[worst].Client, sentence)
	return e
}

// event is what all accusations have in common, and what speaks for this one.
func (a *Accuser) event(w *detect.Window, m *Model, c Accused, about string) (e anomaly.Event, sentence string) {
	v := &w.Clients[c.Index]
	reason := m.Explain(v, &w.Pasts[c.Index])
	scene := &feature.Scene{Endpoint: v.MaxAPIEndpoint.String(), Window: a.window, Period: a.period}
	usual := a.usual(w.Service)
	return anomaly.Event{
		Kind: anomaly.Traffic, Detector: a.words.Detector, Rule: a.words.Detector, Score: c.Score,
		Service: w.Service, Method: v.MaxAPIEndpoint.Method, Route: v.MaxAPIEndpoint.Route,
		Explanation: fmt.Sprintf("score %.2f, where %s; %.2f if nothing is known. %s. Most of its calls go to %s.",
			c.Score, about, reason.Base, reason.Sentence(scene, usual, inExplanation), scene.Endpoint),
		Features: reason.Evidence(usual), Links: detect.Links(v), Hold: hold,
	}, reason.Sentence(scene, usual, inMessage) + mostly(v, &reason)
}

// mostly names the endpoint with the most calls, unless a feature in the sentence
// has done so.
func mostly(v *traffic.Vector, r *Reason) string {
	for _, i := range r.top(inMessage) {
		if r.Features[i].Name == "max_api_call" {
			return ""
		}
	}
	return "; mostly " + v.MaxAPIEndpoint.String()
}
