package apispec_test
import ("testing";"fmt";"os";"time";"runtime";"strings";"github.com/spanwarden/spanwarden/internal/apispec")
func TestScratchFiles(t *testing.T) {
	for _, f := range strings.Fields(os.Getenv("FILES")) {
		start := time.Now()
		var m1, m2 runtime.MemStats
		runtime.ReadMemStats(&m1)
		read := apispec.OpenAPI
		if strings.HasSuffix(f, ".sql") { read = apispec.DDL }
		s, err := read(f, apispec.Options{})
		runtime.ReadMemStats(&m2)
		fi, _ := os.Stat(f)
		fmt.Println("==", f, fi.Size()/1024, "KiB", time.Since(start).Round(time.Millisecond), (m2.TotalAlloc-m1.TotalAlloc)>>20, "MiB allocated", err)
		if err != nil { continue }
		fmt.Println("   rules", len(s.Rules()), "columns", len(s.Columns()), "apis", len(s.APIs()), "tables", len(s.Tables()))
		fit(t, s)
		for _, x := range s.Skipped() { fmt.Println("   -", x) }
	}
}
