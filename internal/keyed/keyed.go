// Package keyed says of an error under which key of the configuration it was found.
package keyed

import (
	"errors"
	"fmt"
)

// Errors returns err with "key: " before it, or before each error that [errors.Join] put together. An empty key, that of
// the top level, adds nothing; no error stays none.
func Errors(key string, err error) error {
	if key == "" || err == nil {
		return err
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return fmt.Errorf("%s: %w", key, err)
	}
	var errs []error
	for _, e := range joined.Unwrap() {
		errs = append(errs, fmt.Errorf("%s: %w", key, e))
	}
	return errors.Join(errs...)
}
