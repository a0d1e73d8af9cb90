package evaluation_test

import (
	"fmt"

	"github.com/spanwarden/spanwarden/internal/evaluation"
)

func ExampleCompare() {
	truth := []int32{0, 0, 0, 1, 1, 1, 1, 1, 1, 1}
	predicted := []int32{0, 0, 1, 0, 1, 1, 1, 1, 1, 1}
	c := evaluation.Compare([]string{"attack", "normal"}, truth, predicted)
	attack := c.Class(0)
	fmt.Printf("accuracy %.2f, macro F1 %.2f\n", c.Accuracy(), c.MacroF1())
	fmt.Printf("attack: precision %.2f, recall %.2f, F1 %.2f\n", attack.Precision, attack.Recall, attack.F1)
	fmt.Printf("calling everything an attack has an F1 of %.2f\n", c.PredictAllF1(0))
	// Output:
	// accuracy 0.80, macro F1 0.76
	// attack: precision 0.67, recall 0.67, F1 0.67
	// calling everything an attack has an F1 of 0.46
}

func ExampleAUC() {
	attack := []bool{false, false, true, true}
	fmt.Println(evaluation.AUC(attack, []float64{0.1, 0.4, 0.35, 0.8}))
	recall, threshold := evaluation.RecallAt(0, attack, []float64{0.1, 0.4, 0.35, 0.8})
	fmt.Println(recall, "of the attacks without a false alarm, from a score of", threshold)
	// Output:
	// 0.75
	// 0.5 of the attacks without a false alarm, from a score of 0.8
}
