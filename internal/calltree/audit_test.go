package calltree

import "github.com/stretchr/testify/require"

// audit counts everything anew and compares it with the sums.
func audit[C, S any](t require.TestingT, a *Assembler[C, S]) {
	for _, sh := range a.shards {
		bytes, spans, ring, wheel := int64(0), int64(0), 0, 0
		for id, trace := range sh.traces {
			if trace.id != id {
				require.Fail(t, "a trace under another's id")
			}
			auditTrace(t, trace)
			bytes += trace.bytes()
			spans += int64(trace.spans.len)
			if trace.spans.len > a.settings.MaxSpansPerTrace {
				require.Fail(t, "too many spans")
			}
		}
		for k := sh.arrivals.next; k != &sh.arrivals; k = k.next {
			ring++
		}
		for i := range sh.wheel.slot {
			slot := &sh.wheel.slot[i]
			for k := slot.next; k != slot; k = k.next {
				wheel++
				if k.of.tick%slots != int64(i) || k.of.tick < sh.wheel.cursor {
					require.Fail(t, "a trace in a wrong slot")
				}
			}
		}
		require.Equal(t, len(sh.traces), ring)
		require.Equal(t, len(sh.traces), wheel)
		require.Equal(t, bytes, sh.stats.Bytes)
		require.Equal(t, spans, sh.stats.Spans)
		require.LessOrEqual(t, bytes+sh.reserve(), sh.most.bytes)
		require.LessOrEqual(t, int64(len(sh.traces)), sh.most.traces)
	}
}

func auditTrace[C, S any](t require.TestingT, trace *trace[C, S]) {
	payload, unjudgedCalls, wrong := int64(0), 0, 0
	check := func(holds bool) {
		if !holds {
			wrong++
		}
	}
	for i := range trace.spans.len {
		span := trace.spans.at(i)
		check(trace.find(span.id) == i)
		switch span.kind {
		case call:
			check(trace.calls.at(int(span.row)).span == int32(i))
		case statement:
			check(trace.statements.at(int(span.row)).span == int32(i))
		case other:
		}
	}
	for i := range trace.calls.len {
		row := trace.calls.at(i)
		payload += int64(row.bytes)
		if row.state == unjudged {
			unjudgedCalls++
			check(trace.oldest <= row.arrived)
		}
		check(trace.spans.at(int(row.span)).row == int32(i))
	}
	for i := range trace.statements.len {
		row := trace.statements.at(i)
		payload += int64(row.bytes)
		check(trace.spans.at(int(row.span)).row == int32(i))
	}
	require.Zero(t, wrong, "places that do not fit")
	require.Equal(t, payload, trace.payload)
	require.Equal(t, unjudgedCalls, trace.unjudged)
}
