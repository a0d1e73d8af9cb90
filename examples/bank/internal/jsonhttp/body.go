package jsonhttp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
)

// MaxBody is how long a request's body may be, in bytes.
const MaxBody = 64 << 10

// Body reads the body of a request, which must be JSON. Its errors have status 400, or 413 if the body is too long.
func Body(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return nil, Errorf(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", MaxBody)
	}
	if err != nil {
		return nil, Errorf(http.StatusBadRequest, "the body cannot be read")
	}
	if !json.Valid(body) {
		return nil, Errorf(http.StatusBadRequest, "the body is not valid JSON")
	}
	return body, nil
}

// Read decodes the body of a request; fields that are not asked for are ignored. Its errors have status 400, also for a
// value of the wrong type, or 413.
func Read(r *http.Request, into any) error {
	body, err := Body(r)
	if err != nil {
		return err
	}
	return Decode(body, into)
}

// Decode decodes JSON that a caller sent; its errors have status 400.
func Decode(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field == "" {
			return Errorf(http.StatusBadRequest, "the body must be %s", kindOf(wrong.Type))
		}
		return Errorf(http.StatusBadRequest, "%s must be %s", wrong.Field, kindOf(wrong.Type))
	}
	if err != nil {
		return Errorf(http.StatusBadRequest, "the body is not valid JSON")
	}
	return nil
}

func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Int64:
		return "an integer"
	case reflect.Struct, reflect.Map:
		return "an object"
	default:
		return t.String()
	}
}

// Write answers with a JSON body.
func Write(w http.ResponseWriter, status int, v any) error {
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(v); err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err := w.Write(body.Bytes())
	return err
}
