package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/replay"
)

func TestWhatCallsHaveInCommonIsSaidWithoutTheirValues(t *testing.T) {
	call := func(trace byte, status int, user string, roots bool) *replay.Observation {
		return &replay.Observation{
			Call: &invariant.Call{
				TraceID: pcommon.TraceID{trace}, Status: status, User: user, Session: "s", Query: "q",
				RequestBody: invariant.Body{State: invariant.LongBody}, ResponseBody: invariant.Body{State: invariant.WholeBody},
			},
			Around: invariant.Surroundings{Statements: make([]*invariant.Statement, 1), Calls: make([]*invariant.Call, 1)}, Root: roots,
		}
	}
	all := newLikeness(&baseline.Proof{Violated: 2, Exceptions: make([]baseline.Exception, 2)})
	all.add(call(1, 404, "", true))
	all.add(call(2, 409, "ann", true))
	assert.Equal(t, []string{"all of them answered with a status from 400 to 499"}, all.words())

	some := newLikeness(&baseline.Proof{Violated: 9, Exceptions: make([]baseline.Exception, 2)})
	some.add(call(1, 200, "", false))
	some.add(call(1, 500, "", true))
	assert.Equal(t, []string{"the first 2 of them have no env.user.id", "the first 2 of them are in one trace"}, some.words())
}
