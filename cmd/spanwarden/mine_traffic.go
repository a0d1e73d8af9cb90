package main

import (
	"path/filepath"
	"time"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/minereport"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// maxSurveyed is how many services are told apart.
const maxSurveyed = 1000

// survey counts what a traffic has that rules could be about.
type survey struct {
	traffic  minereport.Traffic
	services map[string]int // calls
	traces   int
	calls    int
	from, to int64
}

func newSurvey() *survey { return &survey{services: make(map[string]int)} }

func (s *survey) trace(t *replay.Trace) {
	s.traces++
	for i := range t.Calls {
		s.call(&t.Calls[i])
	}
}

func (s *survey) call(o *replay.Observation) {
	c := o.Call
	if s.calls == 0 {
		s.from, s.to = c.Start, c.Start
	}
	s.calls++
	s.from, s.to = min(s.from, c.Start), max(s.to, c.Start)
	if _, known := s.services[c.Service]; known || len(s.services) < maxSurveyed {
		s.services[c.Service]++
	}
	add := func(n *int, has bool) {
		if has {
			*n++
		}
	}
	add(&s.traffic.WithUser, c.User != "")
	add(&s.traffic.WithSession, c.Session != "")
	add(&s.traffic.WithRequestBody, c.RequestBody.State != invariant.NoBody)
	add(&s.traffic.WithResponseBody, c.ResponseBody.State != invariant.NoBody)
	add(&s.traffic.WithStatements, len(o.Around.Statements) > 0)
}

// told is what is told of the traffic that these files have.
func (s *survey) told(files []string) minereport.Traffic {
	t := s.traffic
	for _, file := range files {
		t.Files = append(t.Files, shownFile(file))
	}
	if s.calls > 0 {
		t.From, t.To = time.Unix(0, s.from).UTC(), time.Unix(0, s.to).UTC()
	}
	t.Services = minereport.ServicesOf(s.services)
	return t
}

// shownFile is the name of a file without its folder: where it stands is not what was learned.
func shownFile(path string) string {
	if path == "-" {
		return "standard input"
	}
	return filepath.Base(path)
}

// hints say what the telemetry lacks, so that less could be learned than there is.
func hints(t *minereport.Traffic, calls int) (hints []string) {
	if calls == 0 {
		return nil
	}
	hint := func(lacks bool, text string) {
		if lacks {
			hints = append(hints, text)
		}
	}
	hint(t.WithRequestBody+t.WithResponseBody == 0,
		"no call has a body: there are no rules about what is sent and answered; have instrumentation record bodies, "+
			"or name their attributes with --request-body-attribute and --response-body-attribute")
	hint(t.WithRequestBody+t.WithResponseBody > 0 && t.WithRequestBody == 0, "no call has the body of its request: there are no rules about what is sent")
	hint(t.WithRequestBody+t.WithResponseBody > 0 && t.WithResponseBody == 0,
		"no call has the body of its response: there are no rules about what was shown to whom, and what it costs")
	hint(t.WithUser == 0, "no call tells its user (user.id): there are no rules about whose things are read and changed")
	hint(t.WithSession == 0 && t.WithUser == 0, "no call tells its session (session.id): there are no rules about what somebody did before")
	hint(t.WithStatements == 0, "no call has database statements (db.query.text): there are no rules about what it may do there")
	return hints
}
