package keyed

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheKeyStandsBeforeEachError(t *testing.T) {
	one, two := errors.New("a is 0"), errors.New("b is 0")
	for name, test := range map[string]struct {
		key  string
		err  error
		want string
	}{
		"one":          {"limits", one, "limits: a is 0"},
		"joined":       {"limits", errors.Join(one, two), "limits: a is 0\nlimits: b is 0"},
		"wrapped":      {"limits", fmt.Errorf("rate: %w", one), "limits: rate: a is 0"},
		"no key":       {"", one, "a is 0"},
		"key in a key": {"dos", Errors("surge", errors.Join(one, two)), "dos: surge: a is 0\ndos: surge: b is 0"},
	} {
		assert.EqualError(t, Errors(test.key, test.err), test.want, name)
	}
}

func TestNoErrorStaysNone(t *testing.T) {
	assert.NoError(t, Errors("limits", nil))
	assert.NoError(t, Errors("", nil))
	assert.NoError(t, Errors("limits", errors.Join(nil, nil)))
}

func TestTheErrorsCanStillBeTold(t *testing.T) {
	err := Errors("limits", errors.Join(io.EOF, fs.ErrNotExist))
	assert.ErrorIs(t, err, io.EOF)
	assert.ErrorIs(t, err, fs.ErrNotExist)
}
