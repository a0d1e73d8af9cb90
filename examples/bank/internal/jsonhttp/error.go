package jsonhttp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
)

// Error is an answer that is no success: its text is for the caller, who gets nothing else to see.
type Error struct {
	Status int
	Text   string
}

// Errorf returns an *Error with that status and sentence.
func Errorf(status int, format string, arguments ...any) error {
	return &Error{Status: status, Text: fmt.Sprintf(format, arguments...)}
}

func (e *Error) Error() string { return fmt.Sprintf("%s (status %d)", e.Text, e.Status) }

// fail answers with an error. What is no *Error is the service's own trouble: it is logged and not told.
func fail(ctx context.Context, w http.ResponseWriter, what string, err error) {
	answer, ok := errors.AsType[*Error](err)
	switch {
	case ok:
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		answer = &Error{Status: http.StatusServiceUnavailable, Text: "this took too long, please try again later"}
	default:
		slog.ErrorContext(ctx, "a request failed", "request", what, "error", err)
		answer = &Error{Status: http.StatusInternalServerError, Text: "internal error"}
	}
	_ = Write(w, answer.Status, struct { // the caller has gone if this fails
		Error string `json:"error"`
	}{answer.Text})
}
