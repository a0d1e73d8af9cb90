// Package feature names the numbers that models see of a client: its window, with
// the features of API-TAD by their names there, and its past, which tells a slow
// thief from a customer where no single window can.
package feature

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

// Feature is one number of a client in a window.
type Feature struct {
	Name string
	Unit string // UCUM
	// Of computes it; NaN where it is absent.
	Of func(v *traffic.Vector, p *trail.Past) float64
	// Ratio says that values are parts of a whole, in [0, 1].
	Ratio bool

	falls bool    // an attack lowers it
	most  float64 // value, where sketches end; 0: there is none
	words words
}

// StandsOut says whether a value is so many times its usual high, or a so many-th
// of its usual low where it is low values that attacks have. Less than 1, or 10 %,
// never stands out, the most that can be told always does if it is unusual at all.
func (f *Feature) StandsOut(x float64, usual Range, times float64) bool {
	if !usual.Known() {
		return false
	}
	if f.falls {
		return x <= usual.Low/times
	}
	least, most := 1.0, f.most
	if f.Ratio {
		least, most = 0.1, 1
	}
	if most > 0 && x >= most && usual.High < most {
		return true
	}
	return x >= times*max(usual.High, least)
}

// sketched is the most that a sketch can tell.
var sketched = float64(traffic.Sketch(math.MaxUint64).Count())

// all features, in the order of their columns.
var all = []Feature{
	{
		Name: "inter_api_access", falls: true, Unit: "s", words: gaps,
		Of: window(func(v *traffic.Vector) float64 { return v.InterAPIAccess }),
	},
	{
		Name: "api_access_unique", falls: true, Unit: "1", Ratio: true, words: uniqueness,
		Of: window(func(v *traffic.Vector) float64 { return v.APIAccessUnique }),
	},
	{
		Name: "total_calls", Unit: "1", words: counted("call", "calls", "", theWindow),
		Of: window(func(v *traffic.Vector) float64 { return float64(v.TotalCalls) }),
	},
	{
		Name: "max_api_call", Unit: "1", words: endpointCalls,
		Of: window(func(v *traffic.Vector) float64 { return float64(v.MaxAPICall) }),
	},
	{
		Name: "data_out", Unit: "By", words: volume,
		Of: window(func(v *traffic.Vector) float64 { return v.DataOut }),
	},
	{
		Name: "num_failed", Unit: "1", words: counted("failed call", "failed calls", "", theWindow),
		Of: window(func(v *traffic.Vector) float64 { return float64(v.NumFailed) }),
	},
	{
		Name: "num_server_failed", Unit: "1", words: counted("server error", "server errors", "", theWindow),
		Of: window(func(v *traffic.Vector) float64 { return float64(v.NumServerFailed) }),
	},
	{
		Name: "distinct_endpoints", Unit: "1", words: counted("endpoint", "endpoints", "", theWindow),
		Of: window(func(v *traffic.Vector) float64 { return float64(v.DistinctEndpoints) }),
	},
	{
		Name: "session_length", Unit: "s", words: length,
		Of: window(func(v *traffic.Vector) float64 { return v.SessionLength }),
	},
	{
		Name: "distinct_resources", most: sketched, Unit: "1", words: counted("resource", "different resources", "", theWindow),
		Of: window(func(v *traffic.Vector) float64 { return float64(v.Resources.Count()) }),
	},

	{
		Name: "period_calls", Unit: "1", words: counted("call", "calls", "", thePeriod),
		Of: period(func(p *trail.Past) float64 { return float64(p.Calls) }),
	},
	{
		Name: "period_failed", Unit: "1", words: counted("failed call", "failed calls", "", thePeriod),
		Of: period(func(p *trail.Past) float64 { return float64(p.Failed) }),
	},
	{
		Name: "period_windows", Unit: "1", words: periodWindows,
		Of: period(func(p *trail.Past) float64 { return float64(p.Windows) }),
	},
	{
		Name: "period_endpoints", most: sketched, Unit: "1", Of: periodEndpoints,
		words: counted("endpoint", "endpoints", "", thePeriod),
	},
	{
		Name: "period_resources", most: sketched, Unit: "1", Of: periodResources,
		words: counted("resource", "different resources", "", thePeriod),
	},
	{
		Name: "calls_per_endpoint", Unit: "1", Of: callsPerEndpoint,
		words: counted("call", "calls", " to each of its endpoints", thePeriod),
	},
	{
		Name: "resources_per_endpoint", most: sketched, Unit: "1", Of: resourcesPerEndpoint,
		words: counted("resource", "different resources", " of each of its endpoints", thePeriod),
	},
	{Name: "failed_ratio", Unit: "1", Ratio: true, Of: failedRatio, words: failedPart},
}

func window(of func(v *traffic.Vector) float64) func(*traffic.Vector, *trail.Past) float64 {
	return func(v *traffic.Vector, _ *trail.Past) float64 { return of(v) }
}

func period(of func(p *trail.Past) float64) func(*traffic.Vector, *trail.Past) float64 {
	return func(_ *traffic.Vector, p *trail.Past) float64 { return of(p) }
}

func periodEndpoints(_ *traffic.Vector, p *trail.Past) float64 { return whole(p, p.Endpoints) }
func periodResources(_ *traffic.Vector, p *trail.Past) float64 { return whole(p, p.Resources) }

// The last three do not grow with the number of people behind an address.

func callsPerEndpoint(v *traffic.Vector, p *trail.Past) float64 {
	return float64(p.Calls) / max(1, periodEndpoints(v, p))
}

func resourcesPerEndpoint(v *traffic.Vector, p *trail.Past) float64 {
	return periodResources(v, p) / max(1, periodEndpoints(v, p))
}

// failedRatio is of ten calls at least: one mistake of a visitor is no half of what
// it does.
func failedRatio(_ *traffic.Vector, p *trail.Past) float64 {
	return float64(p.Failed) / float64(max(10, p.Calls))
}

// whole is what a sketch counts, if it covers the whole period.
func whole(p *trail.Past, s traffic.Sketch) float64 {
	if p.Partial {
		return math.NaN()
	}
	return float64(s.Count())
}

// All returns all features, in the order of their columns.
func All() []Feature { return slices.Clone(all) }

// Names of the features.
func Names(features []Feature) []string {
	names := make([]string, len(features))
	for i := range features {
		names[i] = features[i].Name
	}
	return names
}

// Named returns the features with these names, in their order. The error names
// those that there are not, and lists those that there are.
func Named(names []string) ([]Feature, error) {
	features := make([]Feature, 0, len(names))
	var unknown []string
	for _, name := range names {
		i := slices.IndexFunc(all, func(f Feature) bool { return f.Name == name })
		if i < 0 {
			unknown = append(unknown, fmt.Sprintf("%q", name))
			continue
		}
		features = append(features, all[i])
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("there is no feature %s: choose from %s", strings.Join(unknown, ", "), strings.Join(Names(all), ", "))
	}
	return features, nil
}

// Row appends the features of a client to dst, as models take them.
func Row(dst []float32, features []Feature, v *traffic.Vector, p *trail.Past) []float32 {
	for i := range features {
		dst = append(dst, float32(features[i].Of(v, p)))
	}
	return dst
}
