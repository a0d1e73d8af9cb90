package check_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.yaml.in/yaml/v3"
)

// edit makes an honest call one that breaks a rule. The files of edits describe the fields.
type edit struct {
	Rule      string
	endpoint  `yaml:",inline"`
	Child     *endpoint
	Statement string
	Where     string
	JSON      string
	Find      string
	Replace   string
	Value     yaml.Node
	Copy      string
	Add       bool
	Before    string
	Also      []string
}

// endpoint is what a call is of.
type endpoint struct{ Service, Method, Route string }

func endpointOf(span *placed) endpoint {
	return endpoint{span.service(), attribute(span.Attributes(), "http.request.method"), attribute(span.Attributes(), "http.route")}
}

func (e *endpoint) of(span *placed) bool {
	return span.Kind() == ptrace.SpanKindServer && endpointOf(span) == *e
}

func (r *recorded) readEdits(t *testing.T) (edits []edit) {
	t.Helper()
	text, err := os.ReadFile(filepath.Clean(r.edits))
	require.NoError(t, err)
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&edits))
	for i := range edits {
		require.Contains(t, []string{"", "not_applicable"}, edits[i].Before, edits[i].Rule)
	}
	return edits
}

// at are the places in the trace of the spans that are edited, if that one is the judged call.
func (e *edit) at(trace []placed, judged int) (places []int) {
	switch f := newFamily(trace); {
	case e.Child != nil:
		for i := range trace {
			if e.Child.of(&trace[i]) && f.server(trace, i) == judged {
				places = append(places, i)
			}
		}
	case e.Statement != "":
		for i := range trace {
			if strings.Contains(attribute(trace[i].Attributes(), "db.query.text"), e.Statement) && f.server(trace, i) == judged {
				places = append(places, i)
			}
		}
	default:
		places = []int{judged}
	}
	return places
}

// apply edits a copy of the trace of a judged call; false if it has nothing to edit. A sham goes the same way and writes
// what was there.
func (e *edit) apply(t *testing.T, trace []placed, judged int, sham bool) (_ []placed, applied bool) {
	t.Helper()
	for _, at := range e.at(trace, judged) {
		span := trace[at]
		if e.Add {
			if sham {
				applied = true
				continue
			}
			span.Span = ptrace.NewSpan()
			trace[at].CopyTo(span.Span)
			id := span.SpanID()
			id[0] ^= 0xff
			span.SetSpanID(id)
			trace = append(trace, span)
		}
		applied = e.attribute(t, span.Attributes(), sham) || applied
	}
	return trace, applied
}

func (e *edit) attribute(t *testing.T, m pcommon.Map, sham bool) bool {
	t.Helper()
	old, there := m.Get(e.Where)
	switch {
	case e.JSON != "":
		return there && e.field(t, old, sham)
	case e.Find != "":
		if !there || !strings.Contains(old.Str(), e.Find) {
			return false
		}
		if !sham {
			old.SetStr(strings.ReplaceAll(old.Str(), e.Find, e.Replace))
		}
	case sham:
	case e.Value.Value == "delete":
		return m.Remove(e.Where)
	case e.Value.Tag == "!!int":
		n, err := strconv.ParseInt(e.Value.Value, 10, 64)
		require.NoError(t, err)
		m.PutInt(e.Where, n)
	default:
		m.PutStr(e.Where, e.Value.Value)
	}
	return true
}

// field edits a field of the JSON in an attribute.
func (e *edit) field(t *testing.T, v pcommon.Value, sham bool) bool {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(v.Str()))
	decoder.UseNumber()
	var body any
	if decoder.Decode(&body) != nil {
		return false
	}
	names := strings.Split(e.JSON, ".")
	inner := body
	for _, name := range names[:len(names)-1] {
		switch x := inner.(type) {
		case map[string]any:
			inner = x[name]
		case []any:
			i, err := strconv.Atoi(name)
			require.NoError(t, err, e.JSON)
			if i >= len(x) {
				return false
			}
			inner = x[i]
		}
	}
	object, _ := inner.(map[string]any)
	last := names[len(names)-1]
	old, there := object[last]
	if !there {
		return false
	}
	switch {
	case sham:
	case e.Find != "":
		text, isText := old.(string)
		if !isText || !strings.Contains(text, e.Find) {
			return false
		}
		object[last] = strings.ReplaceAll(text, e.Find, e.Replace)
	case e.Copy != "":
		require.Contains(t, object, e.Copy, e.Rule)
		object[last] = object[e.Copy]
	case e.Value.Value == "delete":
		delete(object, last)
	default:
		object[last] = value(t, &e.Value)
	}
	text, err := json.Marshal(body)
	require.NoError(t, err)
	v.SetStr(string(text))
	return true
}

// value is a value as JSON has it, numbers as they are written.
func value(t *testing.T, n *yaml.Node) any {
	t.Helper()
	if n.Tag == "!!int" || n.Tag == "!!float" {
		return json.Number(n.Value)
	}
	var v any
	require.NoError(t, n.Decode(&v))
	return v
}
