package evaluation

// Confusion counts rows by their true and their predicted class.
type Confusion struct {
	Classes []string
	Counts  [][]int // [true][predicted], indices of Classes
}

// NewConfusion returns a matrix of these classes without rows.
func NewConfusion(classes []string) *Confusion {
	c := &Confusion{Classes: classes, Counts: make([][]int, len(classes))}
	for i := range c.Counts {
		c.Counts[i] = make([]int, len(classes))
	}
	return c
}

// Compare counts rows of which truth and prediction, indices of the classes, are
// given in slices of equal lengths.
func Compare(classes []string, truth, predicted []int32) *Confusion {
	c := NewConfusion(classes)
	for i, class := range truth {
		c.Counts[class][predicted[i]]++
	}
	return c
}

// Add counts the rows of another matrix of the same classes as well.
func (c *Confusion) Add(other *Confusion) {
	for i, row := range other.Counts {
		for j, n := range row {
			c.Counts[i][j] += n
		}
	}
}

// Rows is how many rows were counted.
func (c *Confusion) Rows() (n int) {
	for i := range c.Counts {
		n += c.support(i)
	}
	return n
}

func (c *Confusion) support(class int) (n int) {
	for _, count := range c.Counts[class] {
		n += count
	}
	return n
}

func (c *Confusion) predicted(class int) (n int) {
	for _, row := range c.Counts {
		n += row[class]
	}
	return n
}

// occurs says whether a row is of the class or was taken for it. The classes that
// occur are those that scikit-learn's figures are about.
func (c *Confusion) occurs(class int) bool { return c.support(class)+c.predicted(class) > 0 }

// Accuracy is the share of rows predicted rightly; NaN without rows.
func (c *Confusion) Accuracy() float64 {
	right := 0
	for i := range c.Counts {
		right += c.Counts[i][i]
	}
	return float64(right) / float64(c.Rows())
}

// MacroF1 is the mean F1 of the classes that occur, f1_score(average="macro") of
// scikit-learn; NaN without rows.
func (c *Confusion) MacroF1() float64 {
	var sum, classes float64
	for i := range c.Classes {
		if c.occurs(i) {
			sum += c.Class(i).F1
			classes++
		}
	}
	return sum / classes
}

// ClassFigures are those of one class against all others.
type ClassFigures struct {
	Precision float64 // of the rows predicted to be of the class, the share that is; NaN without such rows
	Recall    float64 // of the rows of the class, the share predicted to be; NaN without such rows
	F1        float64 // the harmonic mean of both, 0 where one of them is 0 or NaN; NaN for a class that does not occur
	Support   int     // rows of the class
}

// Class returns the figures of a class.
func (c *Confusion) Class(class int) ClassFigures {
	right, support, predicted := float64(c.Counts[class][class]), c.support(class), c.predicted(class)
	return ClassFigures{
		Precision: right / float64(predicted),
		Recall:    right / float64(support),
		F1:        2 * right / float64(support+predicted),
		Support:   support,
	}
}

// PredictAllF1 is the F1 that a class gets if it is the answer for every row: what
// a classifier must beat to know anything about the class. NaN without rows.
func (c *Confusion) PredictAllF1(class int) float64 {
	support := c.support(class)
	return 2 * float64(support) / float64(support+c.Rows())
}
