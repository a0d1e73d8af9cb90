package main

import (
	"container/heap"
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// reordered is how many calls are held back to put them in the order of their
// time.
const reordered = 200_000

// wallClock is far enough ahead for every recording: event time alone counts.
var wallClock = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()

// timeline hands calls and statements to the tracker in the order of their time,
// as far as reordered of them tell.
type timeline struct {
	tracker *traffic.Tracker
	labels  *labels // may be nil
	waiting moments
	number  int

	calls, statements, late, dropped int
}

// moment is a call or a statement, with strings of its own.
type moment struct {
	at        int64
	number    int // keeps the order of equal times
	service   string
	call      apicall.Call
	statement *apicall.Statement
}

func (l *timeline) call(service string, c *apicall.Call) {
	owned := *c
	for _, s := range []*string{&owned.Method, &owned.Route, &owned.Path, &owned.Client, &owned.Peer, &owned.UserAgent} {
		*s = strings.Clone(*s)
	}
	l.calls++
	l.labels.saw(&owned)
	l.push(moment{at: c.Start, service: service, call: owned})
}

func (l *timeline) statement(service string, s *apicall.Statement) {
	l.statements++
	l.push(moment{at: s.Start, service: service, statement: &apicall.Statement{Start: s.Start, End: s.End, Rows: s.Rows}})
}

func (l *timeline) push(m moment) {
	l.number++
	m.number = l.number
	m.service = strings.Clone(m.service)
	heap.Push(&l.waiting, m)
	if len(l.waiting) > reordered {
		l.add(heap.Pop(&l.waiting).(moment))
	}
}

// finish hands over what is still held back.
func (l *timeline) finish() {
	for len(l.waiting) > 0 {
		l.add(heap.Pop(&l.waiting).(moment))
	}
}

func (l *timeline) add(m moment) {
	service := l.tracker.Service(m.service)
	var added traffic.Added
	if m.statement != nil {
		added = service.AddStatements([]apicall.Statement{*m.statement}, wallClock)
	} else {
		added = service.Add([]apicall.Call{m.call}, wallClock)
	}
	l.late += added.Late
	l.dropped += added.Dropped
}

// moments is a heap, the earliest first.
type moments []moment

func (m moments) Len() int { return len(m) }

func (m moments) Less(i, j int) bool {
	if m[i].at != m[j].at {
		return m[i].at < m[j].at
	}
	return m[i].number < m[j].number
}

func (m moments) Swap(i, j int) { m[i], m[j] = m[j], m[i] }

func (m *moments) Push(x any) { *m = append(*m, x.(moment)) }

func (m *moments) Pop() any {
	last := len(*m) - 1
	x := (*m)[last]
	(*m)[last] = moment{}
	*m = (*m)[:last]
	return x
}
