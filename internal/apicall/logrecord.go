package apicall

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// LogRecord reads a log record. It is an [APICall] if it has a method or a status, and a path or a route, by the names
// of the semantic conventions; else if its body is the line of an access log ([ParseAccessLog]). It is [Malformed] if
// it has a method or a status but neither, or a body that has the shape of such a line and is broken. All else is None.
//
// The time of a record is its timestamp, else its observed timestamp; the time of a line is its own. A duration is
// known only from http.server.request.duration, in s.
func (r *Reader) LogRecord(rec plog.LogRecord, s *Scratch, c *Call) Kind {
	var a attributes
	m := rec.Attributes()
	a.read(m)
	if a.seen&bitsMethodStatus != 0 && a.seen&bitsPathRoute != 0 {
		c.Start = nanos(recordTime(rec))
		c.End = end(c.Start, m)
		c.HasParent = false
		c.TraceID, c.SpanID = rec.TraceID(), rec.SpanID()
		r.call(m, &a, s, c)
		return APICall
	}
	if kind := r.line(rec, s, c); kind != None {
		return kind
	}
	if a.seen&bitsMethodStatus != 0 {
		return Malformed
	}
	return None
}

func recordTime(rec plog.LogRecord) pcommon.Timestamp {
	if t := rec.Timestamp(); t != 0 {
		return t
	}
	return rec.ObservedTimestamp()
}

// end adds the duration, if there is one of less than a day, to a start.
func end(start int64, m pcommon.Map) int64 {
	v, ok := m.Get("http.server.request.duration")
	if !ok {
		return start
	}
	seconds := v.Double()
	if v.Type() == pcommon.ValueTypeInt {
		seconds = float64(v.Int())
	}
	if ns := seconds * float64(second); ns > 0 && ns < float64(day) && start < math.MaxInt64-day {
		return start + int64(ns)
	}
	return start
}

// line reads a record whose body is the line of an access log.
func (r *Reader) line(rec plog.LogRecord, s *Scratch, c *Call) Kind {
	if rec.Body().Type() != pcommon.ValueTypeStr {
		return None
	}
	var l accessLine
	switch l.parse(rec.Body().Str()) {
	case lineForeign:
		return None
	case lineBroken:
		return Malformed
	}
	l.call(c)
	c.Route = templated(c.Path, s)
	c.TraceID, c.SpanID = rec.TraceID(), rec.SpanID()
	r.lineClient(rec.Attributes(), &l, s, c)
	return APICall
}

// lineClient is [Reader.client] for a line: its fields stand for the attributes that the record itself does not have.
func (r *Reader) lineClient(m pcommon.Map, l *accessLine, s *Scratch, c *Call) {
	c.Peer = cleanAddress(l.host, &s.peer)
	c.Client = ""
	for i := range r.keys {
		key := &r.keys[i]
		if key.address {
			r.lineAddress(l, s, c)
		} else if c.Client = key.attribute(m, &s.client); c.Client == "" {
			c.Client = boundKey(l.field(key.names[0]), &s.client)
		}
		if c.Client != "" {
			return
		}
	}
}

// lineAddress: the host column is the client, unless it is a trusted proxy and the line has what that forwarded.
func (r *Reader) lineAddress(l *accessLine, s *Scratch, c *Call) {
	c.Client = c.Peer
	if !l.hasForwarding || !r.trusts(c.Peer) {
		return
	}
	w := walk{reader: r, peer: c.Peer}
	if w.back(l.forwardedFor); w.client != "" {
		c.Client = cleanAddress(w.client, &s.client)
		c.Forwarded = c.Client != c.Peer
	}
}

// field returns the field of a line that an attribute stands for, "" if there is none.
func (l *accessLine) field(attribute string) string {
	switch attribute {
	case "user.id":
		if l.user != "-" {
			return l.user
		}
	case "user_agent.original":
		return l.userAgent
	case "network.peer.address":
		return trimAddress(l.host)
	}
	return ""
}
