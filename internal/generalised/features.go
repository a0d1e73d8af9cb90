package generalised

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/session"
)

// feature is one number that models see of a session.
type feature struct {
	column string // its name in the public data, and in models
	name   string // its name in events
	unit   string // UCUM
	of     func(s *session.Session) float64
}

// features of API-TAD's first layer. The mean duration is what the public data
// have: the time from the first call to the last over the calls, of which there is
// one more than there are gaps.
var features = []feature{
	{"inter_api_access_duration(sec)", "inter_api_access_duration", "s", pace},
	{"api_access_uniqueness", "api_access_uniqueness", "1", uniqueness},
	{"sequence_length(count)", "sequence_length", "{call}", func(s *session.Session) float64 { return float64(s.Calls) }},
}

func pace(s *session.Session) float64 { return s.Length().Seconds() / float64(s.Calls) }

func uniqueness(s *session.Session) float64 { return float64(s.DistinctEndpoints) / float64(s.Calls) }

// named are the features with these columns, in their order. The error names those
// that there are not, and lists those that there are.
func named(columns []string) ([]feature, error) {
	found := make([]feature, 0, len(columns))
	var unknown []string
	for _, column := range columns {
		i := slices.IndexFunc(features, func(f feature) bool { return f.column == column })
		if i < 0 {
			unknown = append(unknown, fmt.Sprintf("%q", column))
			continue
		}
		found = append(found, features[i])
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("the model asks for %s, which sessions do not have: train it on %s",
			strings.Join(unknown, ", "), strings.Join(columnNames(), ", "))
	}
	return found, nil
}

func columnNames() []string {
	names := make([]string, len(features))
	for i := range features {
		names[i] = features[i].column
	}
	return names
}
