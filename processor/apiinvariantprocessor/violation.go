package apiinvariantprocessor

import (
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/invariant"
)

// detector names what finds violations.
const detector = "cel"

// maxGroup bounds what tells two records apart, bytes.
const maxGroup = 1 << 10

// violation is the event of a call that broke a rule: a child of the call's span.
// It holds on to nothing of the call.
func violation(c *invariant.Call, v *invariant.Verdict, evidence invariant.Evidence, held int64) anomaly.Event {
	why := v.Explain(evidence)
	e := anomaly.Event{
		Kind: anomaly.Invariant, Detector: detector, Rule: v.Rule.ID, Category: v.Rule.Kind,
		Score: 1, Message: v.Rule.Message, Explanation: why.Text, Expression: why.False,
		Service: strings.Clone(c.Service), Method: strings.Clone(c.Method), Route: strings.Clone(c.Route), Client: strings.Clone(c.Client),
		WindowStart: time.Unix(0, c.Start), WindowEnd: time.Unix(0, c.End),
		Suppressed: held,
	}
	for _, value := range why.Values {
		e.Values = append(e.Values, anomaly.Value{Path: value.Path, Text: value.Text})
	}
	link := anomaly.Link{TraceID: c.TraceID, SpanID: c.SpanID}
	switch {
	case !c.TraceID.IsEmpty() && !c.SpanID.IsEmpty():
		e.Parent = link
		return e
	case !c.TraceID.IsEmpty():
		e.Links = []anomaly.Link{link}
	}
	e.Begun, e.Group = e.WindowStart, group(c)
	return e
}

// group tells the records of one client and moment apart, which have no span.
func group(c *invariant.Call) string {
	text := c.Method + " " + c.Path
	if c.Query != "" {
		text += "?" + c.Query[:min(len(c.Query), maxGroup)]
	}
	return text
}
