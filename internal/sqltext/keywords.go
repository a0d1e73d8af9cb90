package sqltext

type keywordEntry struct {
	name string
	id   keyword
	does uint16
}

const dml = isOperation | isReserved | needsMore

// keywords by their word; that at 0 is none.
var keywords = [...]keywordEntry{
	{},
	{"select", kwSelect, dml},
	{"insert", kwInsert, dml},
	{"update", kwUpdate, dml},
	{"delete", kwDelete, dml},
	{"replace", kwReplace, isOperation},
	{"merge", kwMerge, isOperation},
	{"upsert", kwUpsert, isOperation},
	{"with", kwWith, isReserved | needsMore},
	{"explain", kwExplain, isOperation},
	{"create", kwCreate, isOperation | isReserved | needsMore},
	{"alter", kwAlter, isOperation | needsMore},
	{"drop", kwDrop, isOperation | needsMore},
	{"truncate", kwTruncate, isOperation},
	{"copy", kwCopy, isOperation},
	{"table", kwTable, isReserved | needsMore},
	{"view", kwView, 0},
	{"index", kwIndex, 0},
	{"from", kwFrom, isReserved | needsMore},
	{"where", kwWhere, isReserved | needsMore | endsOn},
	{"set", kwSet, isOperation | isReserved | needsMore | endsOn | isInert},
	{"into", kwInto, isReserved | needsMore},
	{"values", kwValues, isReserved | needsMore},
	{"and", kwAnd, isReserved | needsMore},
	{"or", kwOr, isReserved | needsMore},
	{"xor", kwXor, isReserved | needsMore},
	{"not", kwNot, isReserved | needsMore},
	{"in", kwIn, isReserved | needsMore},
	{"is", kwIs, isReserved | needsMore},
	{"null", kwNull, isReserved | isValue | isConstant},
	{"true", kwTrue, isReserved | isValue | isConstant},
	{"false", kwFalse, isReserved | isValue | isConstant},
	{"between", kwBetween, isReserved | needsMore},
	{"case", kwCase, isReserved | needsMore},
	{"end", kwEnd, isOperation | isReserved | isValue | isInert},
	{"exists", kwExists, isReserved | needsMore},
	{"join", kwJoin, isReserved | needsMore | endsOn},
	{"straight_join", kwStraightJoin, isReserved | needsMore | endsOn},
	{"left", kwLeft, isReserved | needsMore | endsOn},
	{"right", kwRight, isReserved | needsMore | endsOn},
	{"full", kwFull, isReserved | needsMore | endsOn},
	{"inner", kwInner, isReserved | needsMore | endsOn},
	{"outer", kwOuter, isReserved | needsMore | endsOn},
	{"cross", kwCross, isReserved | needsMore | endsOn},
	{"natural", kwNatural, isReserved | needsMore | endsOn},
	{"apply", kwApply, needsMore},
	{"on", kwOn, isReserved | needsMore | endsWhere},
	{"using", kwUsing, isReserved | needsMore | endsOn},
	{"as", kwAs, isReserved | needsMore},
	{"lateral", kwLateral, isReserved | needsMore},
	{"only", kwOnly, 0},
	{"union", kwUnion, isReserved | needsMore | endsWhere},
	{"intersect", kwIntersect, isReserved | needsMore | endsWhere},
	{"except", kwExcept, isReserved | needsMore | endsWhere},
	{"minus", kwMinus, endsWhere},
	{"having", kwHaving, isReserved | needsMore | endsWhere},
	{"qualify", kwQualify, endsWhere},
	{"returning", kwReturning, needsMore | endsWhere},
	{"output", kwOutput, endsWhere},
	{"for", kwFor, isReserved | needsMore | endsWhere},
	{"distinct", kwDistinct, isReserved | needsMore},
	{"default", kwDefault, isReserved | isValue},
	{"conflict", kwConflict, 0},
	{"duplicate", kwDuplicate, 0},
	{"key", kwKey, 0},
	{"do", kwDo, isOperation},
	{"nothing", kwNothing, 0},
	{"recursive", kwRecursive, 0},
	{"materialized", kwMaterialized, 0},
	{"cast", kwCast, 0},
	{"current", kwCurrent, 0},
	{"if", kwIf, 0},
	{"top", kwTop, 0},
	{"ignore", kwIgnore, 0},
	{"quick", kwQuick, 0},
	{"low_priority", kwLowPriority, 0},
	{"overwrite", kwOverwrite, 0},
	{"overriding", kwOverriding, 0},
	{"analyze", kwAnalyze, isOperation},
	{"begin", kwBegin, isOperation | isInert},
	{"when", kwWhen, isReserved | needsMore},
	{"outfile", kwOutfile, isReserved | needsMore},
	{"dumpfile", kwDumpfile, isReserved | needsMore},
	{"partition", kwPartition, isReserved | needsMore},

	{"group", kwPlain, isReserved | needsMore | endsWhere},
	{"order", kwPlain, isReserved | needsMore | endsWhere},
	{"limit", kwPlain, isReserved | needsMore | endsWhere},
	{"offset", kwPlain, endsWhere},
	{"fetch", kwPlain, isOperation | isReserved | endsWhere},
	{"window", kwPlain, endsWhere},
	{"option", kwPlain, endsWhere},
	{"lock", kwPlain, isOperation | endsWhere},
	{"by", kwPlain, isReserved | needsMore},
	{"then", kwPlain, isReserved | needsMore},
	{"else", kwPlain, isReserved | needsMore},
	{"like", kwPlain, isReserved | needsMore},
	{"ilike", kwPlain, isReserved | needsMore},
	{"rlike", kwPlain, needsMore},
	{"regexp", kwPlain, needsMore},
	{"similar", kwPlain, isReserved | needsMore},
	{"escape", kwPlain, needsMore},
	{"all", kwPlain, isReserved | needsMore},
	{"any", kwPlain, isReserved | needsMore},
	{"some", kwPlain, isReserved | needsMore},
	{"asc", kwPlain, isReserved | isValue},
	{"desc", kwPlain, isReserved | isValue},
	{"collate", kwPlain, isReserved | needsMore},
	{"interval", kwPlain, isReserved},
	{"div", kwPlain, isReserved | needsMore},
	{"force", kwPlain, isReserved},
	{"tablesample", kwPlain, isReserved},
	{"return", kwPlain, needsMore},

	{"commit", kwPlain, isOperation | isInert},
	{"rollback", kwPlain, isOperation | isInert},
	{"savepoint", kwPlain, isOperation | isInert},
	{"release", kwPlain, isOperation | isInert},
	{"start", kwPlain, isOperation | isInert},
	{"abort", kwPlain, isOperation | isInert},
	{"show", kwPlain, isOperation | isInert},
	{"use", kwPlain, isOperation | isInert | isReserved},
	{"reset", kwPlain, isOperation | isInert},
	{"discard", kwPlain, isOperation | isInert},
	{"pragma", kwPlain, isOperation | isInert},
	{"declare", kwPlain, isOperation | isInert},
	{"listen", kwPlain, isOperation | isInert},
	{"notify", kwPlain, isOperation | isInert},
	{"call", kwPlain, isOperation},
	{"exec", kwPlain, isOperation},
	{"execute", kwPlain, isOperation},
	{"prepare", kwPlain, isOperation},
	{"deallocate", kwPlain, isOperation},
	{"grant", kwPlain, isOperation},
	{"revoke", kwPlain, isOperation},
	{"vacuum", kwPlain, isOperation},
	{"refresh", kwPlain, isOperation},
	{"comment", kwPlain, isOperation},
	{"describe", kwPlain, isOperation},
	{"unlock", kwPlain, isOperation},
	{"load", kwPlain, isOperation},
	{"attach", kwPlain, isOperation},
	{"kill", kwPlain, isOperation},
	{"print", kwPlain, isOperation},
	{"go", kwPlain, 0},
}

const longestKeyword = len("straight_join")

const keywordSlots = 1024

// keywordTable has a keyword where its key leads to, or in one of the next slots. It is sparse, so most other words end
// at the first look, and small.
var (
	keywordTable [keywordSlots]word
	keywordKeys  [256]uint64 // by word
)

func init() {
	for i := range keywords[1:] {
		w := word(i + 1)
		keywordKeys[w] = keyOf(keywords[w].name)
		slot := slotOf(keywordKeys[w])
		for keywordTable[slot] != 0 {
			slot = (slot + 1) % keywordSlots
		}
		keywordTable[slot] = w
	}
}

// keyOf is the first eight letters of a word, made small. No two keywords have the same.
func keyOf(w string) uint64 {
	x := load(w, 0)
	return lowered(x, lettersOf(x))
}

func slotOf(key uint64) uint {
	return uint(key * 0x9e3779b97f4a7c15 >> 54)
}

// lookUp finds a keyword in any case.
func lookUp(w string) word {
	if w == "" || len(w) > longestKeyword {
		return 0
	}
	return lookUpKey(keyOf(w), w)
}

// lookUpKey finds the word, whose key is given.
func lookUpKey(key uint64, w string) word {
	for slot := slotOf(key); ; slot = (slot + 1) % keywordSlots {
		k := keywordTable[slot]
		switch {
		case k == 0:
			return 0
		case keywordKeys[k] != key:
		case len(keywords[k].name) == len(w) && (len(w) <= 8 || foldsTo(w, keywords[k].name)):
			return k
		default:
			return 0
		}
	}
}

// foldsTo: w in lower case is the name.
func foldsTo(w, name string) bool {
	if len(w) != len(name) {
		return false
	}
	for i := range len(w) {
		if lower[w[i]] != name[i] {
			return false
		}
	}
	return true
}
