package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

func TestSkipReadsWhatPeopleWrite(t *testing.T) {
	one := file(t, "one.txt", "\uFEFF# attacks\r\n\r\n  0000000000000000000000000000000A  # upper case\r\n0000000000000000000000000000000b#close\n0000000000000000000000000000000a")
	two := file(t, "two.txt.gz", "0000000000000000000000000000000c\n")
	skip, err := readSkipped([]string{one, two})
	require.NoError(t, err)
	assert.True(t, skip.skips(pcommon.TraceID{15: 10}))
	assert.True(t, skip.skips(pcommon.TraceID{15: 12}))
	assert.False(t, skip.skips(pcommon.TraceID{15: 13}))
	there, missing := skip.found()
	assert.Equal(t, 2, there)
	assert.Equal(t, 1, missing)
}
