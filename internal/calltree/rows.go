package calltree

import (
	"math"
	"unsafe"
)

const pieceRows = 8

// rows is a list in pieces of a few rows, which come out of a stock and go back to it:
// it grows without copying, and a small trace never holds what a giant needed.
type rows[T any] struct {
	len    int
	pieces []*[pieceRows]T
	first  [4]*[pieceRows]T // where pieces begins, so that a small trace needs no array
}

func (r *rows[T]) at(i int) *T { return &r.pieces[i/pieceRows][i%pieceRows] }

// add returns the new last row, which is zero.
func (r *rows[T]) add(s *stock[[pieceRows]T]) *T {
	if r.len == len(r.pieces)*pieceRows {
		if r.pieces == nil {
			r.pieces = r.first[:0]
		}
		r.pieces = append(r.pieces, s.take())
	}
	r.len++
	return r.at(r.len - 1)
}

// cut keeps the first n rows and gives back what they do not need.
func (r *rows[T]) cut(n int, s *stock[[pieceRows]T]) {
	var zero T
	pieces := (n + pieceRows - 1) / pieceRows
	for i := n; i < min(r.len, pieces*pieceRows); i++ {
		*r.at(i) = zero
	}
	for i, piece := range r.pieces[pieces:] {
		*piece = [pieceRows]T{}
		s.put(piece)
		r.pieces[pieces+i] = nil
	}
	r.pieces, r.len = r.pieces[:pieces], n
	const fair = 64 // an array for more pieces than this is let go when a quarter of it would do
	if cap(r.pieces) > fair && 4*pieces <= cap(r.pieces) {
		r.pieces = append(make([]*[pieceRows]T, 0, 2*pieces), r.pieces...)
	}
}

// bytes is the memory of the pieces, without what the rows refer to.
func (r *rows[T]) bytes() int64 {
	return int64(len(r.pieces))*sizeOf[[pieceRows]T]() + int64(cap(r.pieces))*8
}

// stock keeps what was used for the next who needs it. What lies there is zero.
type stock[T any] struct {
	spare []*T
	low   int // the fewest since the last trim
}

func (s *stock[T]) take() *T {
	n := len(s.spare) - 1
	if n < 0 {
		return new(T)
	}
	item := s.spare[n]
	s.spare[n], s.spare = nil, s.spare[:n]
	s.low = min(s.low, n)
	return item
}

func (s *stock[T]) put(item *T) { s.spare = append(s.spare, item) }

// trim lets go of a part of what nobody has needed since the last time.
func (s *stock[T]) trim() {
	const part = 16
	s.leave(len(s.spare) - (s.low+part-1)/part)
	s.low = len(s.spare)
}

// leave keeps n of what is there.
func (s *stock[T]) leave(n int) {
	clear(s.spare[n:])
	s.spare = s.spare[:n]
	s.low = min(s.low, n)
	if cap(s.spare) > 64 && 4*n <= cap(s.spare) {
		s.spare = append(make([]*T, 0, 2*n), s.spare...)
	}
}

// free lets go of so many bytes, or of all, and returns how many.
func (s *stock[T]) free(bytes int64) int64 {
	before := s.bytes()
	if bytes > 0 {
		s.leave(max(0, len(s.spare)-int(min(bytes/sizeOf[T](), math.MaxInt32))-1))
	}
	return before - s.bytes()
}

func (s *stock[T]) bytes() int64 { return int64(len(s.spare))*sizeOf[T]() + int64(cap(s.spare))*8 }

func sizeOf[T any]() int64 {
	var t T
	return int64(unsafe.Sizeof(t))
}
