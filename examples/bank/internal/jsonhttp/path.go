package jsonhttp

import (
	"net/http"
	"strconv"
)

// PathID returns the number in the path, or a 404: what is no number is the name of nothing.
func PathID(r *http.Request, name, what string) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil {
		return 0, NoSuch(what)
	}
	return id, nil
}

// NoSuch returns a 404.
func NoSuch(what string) error {
	return Errorf(http.StatusNotFound, "there is no such %s", what)
}
