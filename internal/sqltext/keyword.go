package sqltext

// keyword is a word that means something to the lexer or the extractor; noKeyword is any other.
type keyword uint8

// What a keyword does.
const (
	isOperation uint16 = 1 << iota
	isReserved         // no column or table unless it is quoted
	isValue            // stands where an operand does
	endsWhere          // a clause that follows a WHERE
	endsOn             // what follows the ON of a join beside that
	needsMore          // a statement cannot end with it
	isInert            // a statement that touches no rows
)

const (
	noKeyword keyword = iota
	kwSelect
	kwInsert
	kwUpdate
	kwDelete
	kwReplace
	kwMerge
	kwUpsert
	kwWith
	kwExplain
	kwCreate
	kwAlter
	kwDrop
	kwTruncate
	kwCopy
	kwTable
	kwView
	kwIndex
	kwFrom
	kwWhere
	kwSet
	kwInto
	kwValues
	kwAnd
	kwOr
	kwXor
	kwNot
	kwIn
	kwIs
	kwNull
	kwTrue
	kwFalse
	kwBetween
	kwCase
	kwEnd
	kwExists
	kwJoin
	kwStraightJoin
	kwLeft
	kwRight
	kwFull
	kwInner
	kwOuter
	kwCross
	kwNatural
	kwApply
	kwOn
	kwUsing
	kwAs
	kwLateral
	kwOnly
	kwUnion
	kwIntersect
	kwExcept
	kwMinus
	kwHaving
	kwQualify
	kwReturning
	kwOutput
	kwFor
	kwDistinct
	kwDefault
	kwConflict
	kwDuplicate
	kwKey
	kwDo
	kwNothing
	kwRecursive
	kwMaterialized
	kwCast
	kwCurrent
	kwIf
	kwTop
	kwIgnore
	kwQuick
	kwLowPriority
	kwOverwrite
	kwOverriding
	kwAnalyze
	kwBegin
	kwWhen
	kwOutfile
	kwDumpfile
	kwPartition
	kwPlain // any other, of which only what it does counts
)

type keywordEntry struct {
	name string
	id   keyword
	does uint16
}

const dml = isOperation | isReserved | needsMore

var keywords = [...]keywordEntry{
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
	{"null", kwNull, isReserved | isValue},
	{"true", kwTrue, isReserved | isValue},
	{"false", kwFalse, isReserved | isValue},
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

// A slot holds the place in keywords plus one. The table is small and sparse: most words end at the first look.
var keywordTable = func() (table [keywordSlots]uint8) {
	for i := range keywords {
		slot := keywordSlot(keywords[i].name)
		for table[slot] != 0 {
			slot = (slot + 1) % keywordSlots
		}
		table[slot] = uint8(i + 1)
	}
	return table
}()

// keywordSlot is where to look for a word of at least two letters, in either case.
func keywordSlot(w string) uint {
	n := uint(len(w))
	return (uint(w[0]|0x20)*37 + uint(w[1]|0x20)*101 + uint(w[n-1]|0x20)*353 + uint(w[n/2]|0x20)*59 + n*7) % keywordSlots
}

// word is the place of a keyword in keywords plus one, 0 for other words.
type word uint8

func lookUp(w string) word {
	if len(w) < 2 || len(w) > longestKeyword {
		return 0
	}
	for slot := keywordSlot(w); ; slot = (slot + 1) % keywordSlots {
		k := keywordTable[slot]
		if k == 0 {
			return 0
		}
		if foldsTo(w, keywords[k-1].name) {
			return word(k)
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

func (w word) id() keyword {
	if w == 0 {
		return noKeyword
	}
	return keywords[w-1].id
}

// does tells whether the keyword has one of these properties.
func (w word) does(what uint16) bool {
	return w != 0 && keywords[w-1].does&what != 0
}
