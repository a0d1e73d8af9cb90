package tampering

import "math"

// Windows are runs of consecutive calls.
type Windows struct {
	All, Alarmed int
}

// PerWindow is the length of a window in calls.
const PerWindow = 20

// windows counts those of whole windows of calls with any alarm.
func windows(alarms []bool) (w Windows) {
	for from := 0; from+PerWindow <= len(alarms); from += PerWindow {
		w.All++
		for _, alarm := range alarms[from : from+PerWindow] {
			if alarm {
				w.Alarmed++
				break
			}
		}
	}
	return w
}

// Share of all windows that had an alarm, 0 to 1.
func (w Windows) Share() float64 { return ratio(w.Alarmed, w.All) }

// Bound is the upper end of the one-sided confidence interval of 95 % of the share by Clopper and Pearson (1934). Without
// any alarm it is about 3 in n: the rule of three.
func (w Windows) Bound() float64 { return upperBound(w.Alarmed, w.All) }

func upperBound(hits, n int) float64 {
	if n == 0 || hits >= n {
		return 1
	}
	low, high := float64(hits)/float64(n), 1.0
	for range 60 {
		p := (low + high) / 2
		if atMost(hits, n, p) > 0.05 {
			low = p
		} else {
			high = p
		}
	}
	return high
}

// atMost is the probability of no more than so many hits in n.
func atMost(hits, n int, p float64) float64 {
	sum := 0.0
	all, _ := math.Lgamma(float64(n + 1))
	for k := range hits + 1 {
		a, _ := math.Lgamma(float64(k + 1))
		b, _ := math.Lgamma(float64(n - k + 1))
		sum += math.Exp(all - a - b + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
	}
	return sum
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
