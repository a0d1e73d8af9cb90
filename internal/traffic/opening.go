package traffic

const (
	// settledAfter is after how many windows with calls a service counts as
	// watched from now on. Until then its windows are partial.
	settledAfter = 3

	// strayGap is how many windows may pass between the first calls of a
	// service. After a longer gap the earlier ones were strays, such as the span
	// of a request that took an hour, and the service begins anew: what lies
	// between was not watched.
	strayGap = 5
)

// begin starts to watch the service with a call at that time. Windows up to that
// of the first call have missed calls; in live traffic those up to the present,
// since older calls than the first may just have been late.
func (s *Service) begin(at, now int64) {
	t := s.tracker
	s.started, s.busy = true, 0
	s.quiet = t.silence // nothing is missing before the first call
	s.watermark = min(at, now)
	s.next = FloorDiv(s.watermark-t.lateness, t.window)
	s.first = FloorDiv(at, t.window)
	if now-at <= strayGap*t.window {
		s.first = max(s.first, FloorDiv(now, t.window))
	}
}

// strayed tells whether the calls so far were strays, seen from one at that time.
func (s *Service) strayed(at int64) bool {
	return s.busy < settledAfter && at-s.watermark > strayGap*s.tracker.window
}

// partial tells whether a window of that number may have missed calls.
func (s *Service) partial(index int64) bool {
	return s.busy < settledAfter || index <= s.first
}
