package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestComplaintsAreLimited(t *testing.T) {
	var out strings.Builder
	c := &complaints{out: &out, every: time.Hour}
	for range 5 {
		c.Handle(errors.New("nobody listens"))
	}
	c.last = c.last.Add(-c.every)
	c.Handle(errors.New("nobody listens still"))
	assert.Equal(t, "bank: telemetry: nobody listens\nbank: telemetry: nobody listens still (and 4 times before)\n", out.String())
}
