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

// Demo are options of 75 minutes in which, after 35 quiet ones, every kind of attack is made once. Those that are slow go
// on to the end; the loud ones are far from each other.
func Demo(seed uint64) Options {
	const quiet = 35 * time.Minute
	o := Quiet(seed, 75*time.Minute)
	for _, name := range []string{"theft_slow", "theft_distributed", "probing", "password_guessing"} {
		o.Attacks = append(o.Attacks, Scheduled{Kind: name, At: quiet, Strength: 1, Length: o.Length - quiet})
	}
	o.Attacks = append(o.Attacks,
		Scheduled{Kind: "flood", At: 45 * time.Minute, Strength: 1},
		Scheduled{Kind: "theft_loud", At: 60 * time.Minute, Strength: 1},
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

// Theft are options of 75 minutes with, after 35 quiet ones, all ways of stealing data and looking for ways in, most of
// them at a time.
func Theft(seed uint64) Options {
	o := Quiet(seed, 75*time.Minute)
	o.Attacks = []Scheduled{
		{Kind: "theft_loud", At: 40 * time.Minute, Strength: 1, Length: 3 * time.Minute},
		{Kind: "theft_slow", At: 35 * time.Minute, Strength: 1},
		{Kind: "theft_distributed", At: 40 * time.Minute, Strength: 1},
		{Kind: "probing", At: 48 * time.Minute, Strength: 1},
		{Kind: "password_guessing", At: 52 * time.Minute, Strength: 1},
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
