package apibaselineexporter

import (
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/minereport"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// tally is what was learned from, in figures.
type tally struct {
	Calls    int            `json:"calls"`
	From     int64          `json:"from"` // start of the first call, ns since the epoch
	To       int64          `json:"to"`   // start of the last one
	Services map[string]int `json:"services"`
	Other    int            `json:"other"` // calls of services that have no place there

	WithUser         int `json:"with_user"`
	WithSession      int `json:"with_session"`
	WithRequestBody  int `json:"with_request_body"`
	WithResponseBody int `json:"with_response_body"`
	WithStatements   int `json:"with_statements"`
}

const (
	talliedServices = 200
	talliedName     = 200 // bytes
)

func (t *tally) add(trace *replay.Trace) {
	for i := range trace.Calls {
		o := &trace.Calls[i]
		t.Calls++
		if t.From == 0 || o.Call.Start < t.From {
			t.From = o.Call.Start
		}
		t.To = max(t.To, o.Call.Start)
		t.service(o.Call.Service)
		count(&t.WithUser, o.Call.User != "")
		count(&t.WithSession, o.Call.Session != "")
		count(&t.WithRequestBody, o.Call.RequestBody.State != invariant.NoBody)
		count(&t.WithResponseBody, o.Call.ResponseBody.State != invariant.NoBody)
		count(&t.WithStatements, len(o.Around.Statements) > 0)
	}
}

func count(n *int, is bool) {
	if is {
		*n++
	}
}

func (t *tally) service(name string) {
	name = name[:min(len(name), talliedName)]
	if t.Services == nil {
		t.Services = make(map[string]int)
	}
	if _, known := t.Services[name]; !known {
		if len(t.Services) == talliedServices {
			t.Other++
			return
		}
		name = strings.Clone(name) // not to hold on to its call
	}
	t.Services[name]++
}

// traffic is the tally as the report has it.
func (t *tally) traffic() minereport.Traffic {
	of := minereport.Traffic{
		WithUser: t.WithUser, WithSession: t.WithSession, WithRequestBody: t.WithRequestBody, WithResponseBody: t.WithResponseBody,
		WithStatements: t.WithStatements,
	}
	if t.Calls > 0 {
		of.From, of.To = time.Unix(0, t.From).UTC(), time.Unix(0, t.To).UTC()
	}
	of.Services = minereport.ServicesOf(t.Services)
	if t.Other > 0 {
		of.MoreServices = 1 // at least
	}
	return of
}
