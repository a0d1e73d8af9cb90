package traffic

import "sync/atomic"

// budget is a number of things that may exist at once, shared by all services.
type budget struct {
	limit int64
	used  atomic.Int64
}

// take reserves n things, or none.
func (b *budget) take(n int) bool {
	if b.used.Add(int64(n)) <= b.limit {
		return true
	}
	b.used.Add(-int64(n))
	return false
}

func (b *budget) give(n int) { b.used.Add(-int64(n)) }

// limits are what all panes of a tracker share.
type limits struct {
	clients    budget
	pairs      budget
	timestamps budget
	waiting    budget // entities in windows that wait to be judged
	endpoints  int    // a service
	byClient   sampler
	byService  sampler
}

func newLimits(s Settings) *limits {
	segment := int64(s.Window) / segments
	clientCap := uint32(s.MaxTimestampsPerClient)
	return &limits{
		clients:    budget{limit: int64(s.MaxClients)},
		pairs:      budget{limit: int64(s.MaxClientEndpoints)},
		timestamps: budget{limit: int64(s.MaxTimestamps)},
		waiting:    budget{limit: 2*int64(s.MaxClients) + 4*windowsWaiting*int64(s.MaxServices+1)},
		endpoints:  s.MaxEndpoints,
		byClient:   sampler{segment: segment, cap: clientCap},
		byService:  sampler{segment: segment, cap: 8 * clientCap},
	}
}

func (l *limits) sampler(position uint32) sampler {
	if position == totalPosition {
		return l.byService
	}
	return l.byClient
}
