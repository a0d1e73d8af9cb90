package changepoint_test

import (
	"fmt"
	"math"

	"github.com/spanwarden/spanwarden/internal/changepoint"
)

func Example() {
	// Requests a minute; the service slows down in the eleventh minute.
	requests := []float64{
		98, 103, 101, 97, 104, 99, 102, 100, 96, 101,
		61, 58, 63, 60, 57, 62, 59, 61, 60, 58,
	}
	settings := changepoint.Settings{
		Cost:    changepoint.L2,
		MinSize: 2,
		Jump:    1,
		Penalty: 3 * math.Log(float64(len(requests))),
	}
	detector, err := changepoint.New(settings)
	if err != nil {
		fmt.Println(err)
		return
	}
	series := changepoint.Standardise(nil, requests)
	ends, err := detector.Find(nil, series)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("segments end at", ends)

	// How much better than without a change?
	with, _ := settings.PenalisedCost(series, ends)
	without, _ := settings.PenalisedCost(series, []int{len(series)})
	fmt.Printf("cost %.1f instead of %.1f\n", with, without)
	// Output:
	// segments end at [10 20]
	// cost 9.2 instead of 20.0
}
