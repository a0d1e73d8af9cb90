package plan

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// What options may be. The number of users bounds the addresses, the length the memory that a plan takes.
const (
	fewestUsers, mostUsers = 80, 20_000
	longestPlan            = 7 * 24 * time.Hour
	strongest              = 100
)

// New makes a plan. The same options give the same plan; its users' calls do not depend on the attacks. The error names
// every option that is out of range, or an attack that would not be over by the end of the plan.
func New(options Options) (*Plan, error) {
	options.Attacks = slices.Clone(options.Attacks)
	if err := options.validate(); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	b := &builder{options: options, people: newPeople(options)}
	b.healthChecks()
	b.crawler()
	b.comings()
	attacks, err := b.raids()
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	return &Plan{Options: options, Calls: b.byTime(), Attacks: attacks, Lines: b.lines}, nil
}

func (o *Options) validate() error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.Length < time.Minute || o.Length > longestPlan {
		refuse("length is %v: use a value from 1m to %v", o.Length, longestPlan)
	}
	if !(o.Hour >= 0 && o.Hour < 24) {
		refuse("hour is %g: use a value from 0 and below 24", o.Hour)
	}
	if o.Users < fewestUsers || o.Users > mostUsers {
		refuse("users is %d: use a value from %d to %d", o.Users, fewestUsers, mostUsers)
	}
	// More would not leave anybody a moment's rest when most people come.
	if most := float64(o.Users) / 8; !(o.Rate > 0 && o.Rate <= most) {
		refuse("rate is %g: use a value above 0 and up to %g, or more users", o.Rate, most)
	}
	for i, s := range o.Attacks {
		if err := s.validate(o.Length); err != nil {
			refuse("attack %d (%s): %w", i+1, s.Kind, err)
		}
	}
	return errors.Join(errs...)
}

func (s *Scheduled) validate(length time.Duration) error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	k, ok := kindNamed(s.Kind)
	if !ok {
		refuse("there is no such kind: use one of Kinds")
	}
	if s.At < 0 || s.At >= length {
		refuse("it begins at %v: use a value from 0s and below the plan's length, %v", s.At, length)
	}
	if !(s.Strength > 0 && s.Strength <= strongest) || math.IsInf(s.Strength, 0) {
		refuse("strength is %g: use a value above 0 and up to %d", s.Strength, strongest)
	}
	switch {
	case s.Length < 0:
		refuse("length is %v: use a positive value, or 0 for the usual", s.Length)
	case s.Length > 0 && s.At+s.Length > length:
		refuse("it would last until %v: the plan ends at %v", s.At+s.Length, length)
	case s.Length == 0 && s.At+k.least > length:
		refuse("it takes %v and has %v left: schedule it earlier, give it a length, or lengthen the plan", k.least, length-s.At)
	}
	return errors.Join(errs...)
}

// builder is a plan in the making.
type builder struct {
	options Options
	people  *people
	calls   []Call
	lines   int
	sold    []receipt // what honest people have paid for, by the time of their visits
}

// visit returns a visit that begins at that time, on a line of its own.
func (b *builder) visit(at time.Duration, purpose string, number int) *visit {
	b.lines++
	return &visit{bank: b, random: stream(b.options.Seed, purpose, number), line: b.lines - 1, attack: -1, now: at}
}

// byTime returns all calls by their time; those of the same time stay in order.
func (b *builder) byTime() []Call {
	order := make([]int, len(b.calls)) // which is moved about faster than calls are
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int { return cmp.Or(cmp.Compare(b.calls[x].At, b.calls[y].At), cmp.Compare(x, y)) })
	calls := make([]Call, len(order))
	for to, from := range order {
		calls[to] = b.calls[from]
	}
	return calls
}

// take adds a visit's calls to the plan, as far as they are made before its end.
func (b *builder) take(v *visit) {
	end, _ := slices.BinarySearchFunc(v.calls, b.options.Length, func(c Call, at time.Duration) int { return cmp.Compare(c.At, at) })
	b.calls = append(b.calls, v.calls[:end]...)
}
