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
		Scheduled{Kind: "theft_loud", At: 60 * time.Minute, Length: 3 * time.Minute, Strength: 1},
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

// Training are options of four hours to learn from: thefts at many paces, several ways of looking for ways in, and much
// that is quiet.
func Training(seed uint64) Options {
	o := Quiet(seed, 4*time.Hour)
	o.Attacks = []Scheduled{
		walk(2, 30, 40), walk(8, 40, 40), walk(40, 50, 35), walk(6, 80, 50), walk(20, 120, 31), walk(200, 160, 31), walk(2, 190, 40),
		sometime("theft_loud", 60, 2, 0.6), sometime("theft_loud", 95, 2, 1), sometime("theft_loud", 130, 2, 1.5),
		sometime("theft_loud", 150, 2, 0.15), sometime("theft_loud", 175, 3, 0.3), sometime("theft_loud", 215, 5, 0.5),
		sometime("theft_distributed", 60, 60, 1), sometime("theft_distributed", 160, 50, 0.7),
		sometime("probing", 35, 40, 0.5), sometime("probing", 85, 40, 1), sometime("probing", 125, 40, 2), sometime("probing", 180, 40, 0.7),
		sometime("password_guessing", 35, 40, 0.5), sometime("password_guessing", 90, 40, 1), sometime("password_guessing", 150, 40, 2),
		sometime("flood", 226, 2, 0.5),
	}
	return o
}

// Paces of the thefts in a Trial, resources a minute, in the order of their beginnings. Only 2 is one that Training has.
var Paces = []float64{1, 2, 3, 5, 10, 30, 60, 120}

// Trial are options of three hours to try on what Training has taught: thefts at paces from one resource a minute on,
// and the other attacks that show in traffic.
func Trial(seed uint64) Options {
	o := Quiet(seed, 3*time.Hour)
	for i, pace := range Paces {
		o.Attacks = append(o.Attacks, walk(pace, 35+6*i, 40))
	}
	o.Attacks = append(o.Attacks,
		sometime("theft_loud", 130, 2, 1), sometime("theft_distributed", 90, 80, 1),
		sometime("probing", 125, 40, 1), sometime("password_guessing", 125, 40, 1),
	)
	return o
}

// walk is a walk through accounts at so many a minute, from that minute on for so many.
func walk(pace float64, at, length int) Scheduled {
	const usual = 3 // a minute
	return sometime("theft_slow", at, length, pace/usual)
}

func sometime(kind string, at, length int, strength float64) Scheduled {
	return Scheduled{Kind: kind, At: time.Duration(at) * time.Minute, Length: time.Duration(length) * time.Minute, Strength: strength}
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
