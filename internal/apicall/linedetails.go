package apicall

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// LogRecord fills into with what is wanted of a log record: of its attributes as [Detailer.Read] does, and where they
// have none and its body is the line of an access log, the query of the request line and the user's column. The body of
// a record that has the attributes of a call is not looked at, as in [Reader.LogRecord].
func (d *Detailer) LogRecord(rec plog.LogRecord, want Want, into *Details) {
	m := rec.Attributes()
	d.Read(m, want, into)
	wanted := want&WantUser != 0 && into.User == "" || want&WantQuery != 0 && into.Query == ""
	if !wanted || rec.Body().Type() != pcommon.ValueTypeStr || isCall(m) {
		return
	}
	var l accessLine
	line := rec.Body().Str()
	if l.parse(line) != lineRead {
		return
	}
	if want&WantUser != 0 && into.User == "" {
		into.User = l.field("user.id")
	}
	if want&WantQuery != 0 && into.Query == "" && l.path != "" {
		into.takeQuery(targetOfLine(line))
	}
}

// isCall is true for the attributes of a record that [Reader.LogRecord] reads as a call.
func isCall(m pcommon.Map) bool {
	var a attributes
	a.read(m)
	return a.seen&bitsMethodStatus != 0 && a.seen&bitsPathRoute != 0
}

// targetOfLine returns the request target of a line that could be read and has a path.
func targetOfLine(line string) string {
	end := strings.Index(line, timeEnd)
	request, _, _ := cutQuoted(line[end+len(timeEnd)-1:])
	_, target, _ := strings.Cut(request, " ")
	if i := strings.LastIndexByte(target, ' '); i >= 0 && strings.HasPrefix(target[i+1:], "H") {
		target = target[:i]
	}
	return strings.TrimSpace(target)
}
