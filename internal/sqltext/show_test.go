package sqltext

import (
	"fmt"
	"strings"
)

// show writes pairs as "orders.id=#0 name='x' total=? kind=[1 2]": "#" for placeholders by position, "?" for hidden ones.
func show(pairs []Pair) string {
	shown := make([]string, 0, len(pairs))
	for i := range pairs {
		p := &pairs[i]
		name := p.Column
		if p.Table != "" {
			name = p.Table + "." + name
		}
		shown = append(shown, name+"="+showValue(&p.Value))
	}
	return strings.Join(shown, " ")
}

func showValue(v *Value) string {
	switch v.Kind {
	case Unknown:
		return "?"
	case Null:
		return "null"
	case Text:
		return "'" + v.Text + "'"
	case Placeholder:
		if v.Name != "" {
			return ":" + v.Name
		}
		return fmt.Sprintf("#%d", v.Index)
	case List:
		items := make([]string, 0, len(v.List))
		for i := range v.List {
			items = append(items, showValue(&v.List[i]))
		}
		return "[" + strings.Join(items, " ") + "]"
	case Bool, Int, Float:
	}
	return v.Text
}

// flags writes what is true of a statement.
func flags(s *Statement) string {
	var all []string
	for _, f := range []struct {
		name string
		set  bool
	}{{"truncated", s.Truncated}, {"sanitised", s.Sanitised}, {"limited", s.Limited}, {"opaque", s.opaque}, {"setOpaque", s.setOpaque}} {
		if f.set {
			all = append(all, f.name)
		}
	}
	return strings.Join(all, " ")
}

func join(names []string) string { return strings.Join(names, " ") }
