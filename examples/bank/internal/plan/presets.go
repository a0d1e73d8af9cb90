package plan

import (
	"slices"
	"time"
)

// Customers is how many customers the bank has in the plans of Quiet, Demo, Flood, Theft and Tampering.
const Customers = 500

const (
	// afternoon is an hour at which as many sessions begin as on the average of the day, and go on doing so for an hour.
	afternoon = 13.75
	usualRate = 7.5
)

// Quiet are options of a plan in which nobody attacks: some 70 calls a minute on the average of the day.
func Quiet(seed uint64, length time.Duration) Options {
	return Options{Seed: seed, Length: length, Hour: afternoon, Users: Customers, Rate: usualRate}
}

// Demo are options of an hour in which, after 20 quiet minutes, every kind of attack is made once. Those that are slow go
// on to the end; the loud ones are far from each other.
func Demo(seed uint64) Options {
	const quiet = 20 * time.Minute
	o := Quiet(seed, time.Hour)
	for _, name := range []string{"theft_slow", "theft_distributed", "probing", "password_guessing"} {
		o.Attacks = append(o.Attacks, Scheduled{Kind: name, At: quiet, Strength: 1, Length: o.Length - quiet})
	}
	o.Attacks = append(o.Attacks,
		Scheduled{Kind: "flood", At: 30 * time.Minute, Strength: 1},
		Scheduled{Kind: "theft_loud", At: 45 * time.Minute, Strength: 1},
	)
	o.Attacks = spread(o.Attacks, 1, quiet+time.Minute, o.Length-6*time.Minute)
	return o
}

// Flood are options of 26 minutes with a flood of two minutes after 18 quiet ones.
func Flood(seed uint64) Options {
	o := Quiet(seed, 26*time.Minute)
	o.Attacks = []Scheduled{{Kind: "flood", At: 18 * time.Minute, Strength: 1}}
	return o
}

// Theft are options of 50 minutes with all ways of stealing data and looking for ways in, most of them at a time.
func Theft(seed uint64) Options {
	o := Quiet(seed, 50*time.Minute)
	o.Attacks = []Scheduled{
		{Kind: "theft_loud", At: 16 * time.Minute, Strength: 1, Length: 3 * time.Minute},
		{Kind: "theft_slow", At: 14 * time.Minute, Strength: 1},
		{Kind: "theft_distributed", At: 16 * time.Minute, Strength: 1},
		{Kind: "probing", At: 24 * time.Minute, Strength: 1},
		{Kind: "password_guessing", At: 28 * time.Minute, Strength: 1},
	}
	return o
}

// Tampering are options of 30 minutes in which, after 6 quiet ones, every kind of tampering is made three times.
func Tampering(seed uint64) Options {
	o := Quiet(seed, 30*time.Minute)
	o.Attacks = spread(nil, 3, 6*time.Minute, 24*time.Minute)
	return o
}

// spread schedules all kinds of tampering, one after another and so many times round, evenly over that time.
func spread(attacks []Scheduled, rounds int, begin, end time.Duration) []Scheduled {
	kinds := slices.DeleteFunc(kinds(), func(k kind) bool { return !k.Tampering() })
	n := rounds * len(kinds)
	for i := range n {
		at := begin + (end-begin)*time.Duration(i)/time.Duration(n)
		attacks = append(attacks, Scheduled{Kind: kinds[i%len(kinds)].Name, At: at.Truncate(time.Second), Strength: 1})
	}
	return attacks
}
