package tampering

import (
	"net/url"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// write puts the values of all calls that were touched into their spans. A sham goes the same way.
func (sc *scene) write() {
	for _, c := range sc.calls {
		if c.changed {
			c.write()
		}
	}
	for _, st := range sc.statements {
		for _, p := range st.parameters {
			st.span.Attributes().PutStr(parameterPrefix+p.name, p.value.text)
		}
		for _, name := range queryTexts {
			if v, ok := st.span.Attributes().Get(name); ok {
				v.SetStr(st.text)
			}
		}
	}
}

func (c *call) write() {
	m := c.span.Attributes()
	before := strings.Join(c.path, "/")
	for _, p := range c.parameters {
		if decoded, err := url.PathUnescape(c.path[p.at]); err != nil || decoded != p.value.text {
			c.path[p.at] = url.PathEscape(p.value.text)
		}
	}
	c.address(m, before, strings.Join(c.path, "/"))
	if c.hasClient {
		c.address(c.client.Attributes(), before, strings.Join(c.path, "/"))
	}
	c.body(m, requestBodies, c.request)
	c.body(m, responseBodies, c.response)
}

// address puts path and query into all attributes that have them.
func (c *call) address(m pcommon.Map, before, after string) {
	query := c.queryText()
	for _, name := range addresses {
		v, ok := m.Get(name)
		if !ok {
			continue
		}
		front, old, asked := strings.Cut(v.Str(), "?")
		if at := strings.LastIndex(front, before); before != "" && at >= 0 {
			front = front[:at] + after + front[at+len(before):]
		}
		if asked && c.asked {
			old = query
		}
		if asked {
			front += "?" + old
		}
		v.SetStr(front)
	}
	if v, ok := m.Get("url.query"); ok && c.asked {
		v.SetStr(query)
	}
}

func (c *call) queryText() string {
	pairs := make([]string, len(c.query))
	for i, p := range c.query {
		pairs[i] = url.QueryEscape(p.name) + "=" + url.QueryEscape(p.value.text)
	}
	return strings.Join(pairs, "&")
}

func (c *call) body(m pcommon.Map, names []string, body *value) {
	if body == nil {
		return
	}
	for _, name := range names {
		if v, ok := m.Get(name); ok {
			v.SetStr(string(body.append(nil)))
			return
		}
	}
}
