package baseline

import "fmt"

// mostUnseen bounds the sentences about what was never seen.
const mostUnseen = 200

// neverSeen tells what could not be learned, for want of traffic or of what it records.
func (l *Learner) neverSeen() (all []string) {
	tell := func(format string, args ...any) {
		if len(all) < mostUnseen {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	users, bodies := 0, 0
	for _, a := range l.state.APIs {
		if a.roots[userPart] > 0 {
			users += a.Places[a.roots[userPart]-1].Column.Values.Seen.Calls
		}
		if a.roots[requestPart] > 0 {
			p := a.Places[a.roots[requestPart]-1]
			bodies += p.Objects.Calls + p.Lists.Calls + p.Column.Values.Seen.Calls
		}
		if a.Seen.Sessions < leastSessions {
			tell("%s %s of %s was called in %d sessions only: hardly anything is known of it", a.Method, a.Route, a.Service, a.Seen.Sessions)
		}
	}
	if l.state.Calls > 0 && users == 0 {
		tell("no call says who the user is (user.id): nothing is known of what belongs to whom")
	}
	if l.state.Calls > 0 && bodies == 0 {
		tell("no call has the body of its request (http.request.body.content): nothing is known of what is in there")
	}
	if l.state.Unlisted > 0 {
		tell("%d calls are of APIs beyond those that are learned", l.state.Unlisted)
	}
	return all
}
