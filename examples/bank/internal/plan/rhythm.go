package plan

import (
	"math"
	"time"
)

// A day has two humps, before noon and after work, over a floor that is left at night.
const (
	forenoon, forenoonWidth = 10.5, 2.2 // hours of the day
	evening, eveningWidth   = 18.5, 2.5
	night                   = 0.15 // part of the average
)

// height is that of each hump above the floor which makes the average of a day 1.
var height = (1 - night) * 24 / (math.Sqrt(2*math.Pi) * (forenoonWidth + eveningWidth))

// highest is no less than the rhythm ever is.
const highest = 2

// rhythm is how many times as many sessions begin at that hour of the day as on the average.
func rhythm(hour float64) float64 {
	return night + height*(hump(hour, forenoon, forenoonWidth)+hump(hour, evening, eveningWidth))
}

func hump(hour, middle, width float64) float64 {
	away := math.Remainder(hour-middle, 24) / width
	return math.Exp(-away * away / 2)
}

// arrivals calls begin for each session that begins, by a Poisson process whose rate follows the rhythm of the day.
func (b *builder) arrivals(begin func(at time.Duration)) {
	random := stream(b.options.Seed, "arrivals", 0)
	gap := float64(time.Minute) / (b.options.Rate * highest) // on the average, at the highest rate there is
	for at := 0.0; ; {
		at += gap * random.ExpFloat64()
		if at >= float64(b.options.Length) {
			return
		}
		// Of the arrivals at the highest rate as many are kept as are due at this hour.
		if chance(random, rhythm(b.options.Hour+time.Duration(at).Hours())/highest) {
			begin(time.Duration(at).Truncate(time.Millisecond))
		}
	}
}
