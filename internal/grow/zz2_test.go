package grow
import ("testing";"fmt";"time";"github.com/spanwarden/spanwarden/internal/forest")
func TestYY(t *testing.T){
	tab := synthetic(1,200000,20,2)
	c := time.Now()
	m,_ := newMatrix(t.Context(), tab, 1); _ = m
	fmt.Println("matrix 200k x 20", time.Since(c))
	tab = synthetic(1,20000,10,2)
	c = time.Now()
	m,_ = newMatrix(t.Context(), tab, 1); _ = m
	fmt.Println("matrix 20k x 10", time.Since(c))
	f, err := Grow(t.Context(), tab, Settings{Kind: forest.RandomForest})
	if err!=nil||f.Validate()!=nil { t.Fatal(err, f.Validate())}
	c = time.Now()
	f, err = Grow(t.Context(), tab, Settings{Kind: forest.IsolationForest, Margin: 0.2})
	fmt.Println("iso", time.Since(c), len(f.Trees[0].Nodes))
	if err!=nil||f.Validate()!=nil { t.Fatal(err, f.Validate())}
}
