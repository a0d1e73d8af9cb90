package modelfile

import (
	"errors"
	"fmt"
	"strings"
)

// placed is an error at a place of the model, such as forest.trees[3].cover.
type placed struct {
	place string
	err   error
}

func (p *placed) Error() string { return p.place + ": " + p.err.Error() }
func (p *placed) Unwrap() error { return p.err }

// within says in which part of the model an error is; the parts within it have
// said so before.
func within(part string, err error) error {
	if err == nil {
		return nil
	}
	var inner *placed
	if !errors.As(err, &inner) {
		return &placed{part, err}
	}
	if !strings.HasPrefix(inner.place, "[") {
		part += "."
	}
	return &placed{part + inner.place, inner.err}
}

// element is within for an element of an array.
func element(i int, err error) error {
	if err == nil {
		return nil
	}
	return within(fmt.Sprintf("[%d]", i), err)
}
