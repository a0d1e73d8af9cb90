package rulefile

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// manyRules is a file of rules of all shapes.
func manyRules(count int) []byte {
	var b strings.Builder
	b.WriteString("version: 1\ninvariants:\n")
	for i := range count {
		fmt.Fprintf(&b, "  - id: rule-%d\n    kind: %s\n    api: ['GET /orders/%d/{id}', PUT|POST /items/:id]\n", i, kinds[i%len(kinds)], i)
		switch i % 3 {
		case 0:
			fmt.Fprintf(&b, "    check: req.body.accountId == env.user.id && req.path.id != %d\n", i)
		case 1:
			fmt.Fprintf(&b, "    check: |\n      db.all(s, s.table != \"t%d\"\n        || same(s.where.user_id, env.user.id))\n", i)
		default:
			fmt.Fprintf(&b, "    when: 'resp.status == %d'\n    check: \"!has(req.query.user) ? a%d : b\"\n", 200+i%300, i)
		}
		fmt.Fprintf(&b, "    support: {calls: %d, distinct: %d}\n", i, i%7)
	}
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	content := manyRules(1000)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := Parse("f.yaml", content)
		require.NoError(b, err)
	}
}

func BenchmarkWrite(b *testing.B) {
	f, err := Parse("f.yaml", manyRules(1000))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, Write(io.Discard, f))
	}
}
