package plan

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// scheduled is an attack as people write it: a kind, when it begins, how long it lasts and how strong it is.
var scheduled = regexp.MustCompile(`^([a-z_]+)@([0-9a-zµ.]+)(?:\+([0-9a-zµ.]+))?(?:\*([0-9.]+))?$`)

// ParseScheduled reads an attack written as KIND@AT[+LENGTH][*STRENGTH], such as theft_slow@20m+30m*0.5. What the
// attack may be is for [New] to say.
func ParseScheduled(text string) (Scheduled, error) {
	s := Scheduled{Strength: 1}
	parts := scheduled.FindStringSubmatch(text)
	if parts == nil {
		return s, fmt.Errorf("%q is no attack: write KIND@AT[+LENGTH][*STRENGTH], such as theft_slow@20m+30m*0.5", text)
	}
	var err error
	s.Kind = parts[1]
	if s.At, err = time.ParseDuration(parts[2]); err != nil {
		return s, fmt.Errorf("%q: %q is no time: write it as 20m", text, parts[2])
	}
	if parts[3] != "" {
		if s.Length, err = time.ParseDuration(parts[3]); err != nil {
			return s, fmt.Errorf("%q: %q is no length: write it as 30m", text, parts[3])
		}
	}
	if parts[4] != "" {
		if s.Strength, err = strconv.ParseFloat(parts[4], 64); err != nil {
			return s, fmt.Errorf("%q: %q is no strength: write it as 0.5", text, parts[4])
		}
	}
	return s, nil
}
