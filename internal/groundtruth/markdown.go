package groundtruth

import (
	"fmt"
	"io"
	"strings"
)

// Markdown writes the same as [Verdict.Table], for a README.
func (v Verdict) Markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| attack | what it is | calls | found by | after |\n| --- | --- | ---: | --- | --- |\n")
	for i := range v.Kinds {
		k := &v.Kinds[i]
		fmt.Fprintf(&b, "| %s | %s | %d | %s | %s |\n", escape(k.Name), escape(k.Title), k.Calls, escape(k.foundBy()), k.after())
	}
	if sources := v.Sources(); len(sources) > 0 {
		b.WriteString("\n| finding | detector | right | of | precision |\n| --- | --- | ---: | ---: | ---: |\n")
		for _, s := range sources {
			fmt.Fprintf(&b, "| %s | %s | %d | %d | %.0f %% |\n", escape(s.Kind), escape(s.Detector), s.Right, s.Findings, 100*s.Precision())
		}
	}
	fmt.Fprintf(&b, "\nFalse alarms: %s.\n", v.falseAlarms())
	first := true
	left := v.listFalse(func(at, by, told string) {
		if first {
			b.WriteByte('\n')
			first = false
		}
		fmt.Fprintf(&b, "* %s %s: %s\n", at, escape(by), escape(told))
	})
	if left > 0 {
		fmt.Fprintf(&b, "* and %d more\n", left)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// escaper keeps a text from being taken for markup. An underscore between letters is none.
var escaper = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "|", `\|`, "&", `\&`)

func escape(s string) string { return escaper.Replace(oneLine(s)) }
