package reference

// order is a list of things from the one that was longest not moved to its end.
type order[T any, P ordered[T]] struct {
	oldest, newest *T
	len            int
}

type ordered[T any] interface {
	*T
	place() *place[T]
}

// place is a thing's in its order.
type place[T any] struct{ older, newer *T }

func (o *order[T, P]) push(x *T) {
	at := P(x).place()
	at.older, at.newer = o.newest, nil
	if o.newest == nil {
		o.oldest = x
	} else {
		P(o.newest).place().newer = x
	}
	o.newest = x
	o.len++
}

func (o *order[T, P]) remove(x *T) {
	at := P(x).place()
	if at.older == nil {
		o.oldest = at.newer
	} else {
		P(at.older).place().newer = at.newer
	}
	if at.newer == nil {
		o.newest = at.older
	} else {
		P(at.newer).place().older = at.older
	}
	*at = place[T]{}
	o.len--
}
