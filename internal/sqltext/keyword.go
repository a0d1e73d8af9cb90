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
	isConstant         // a literal
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

// word is the place of a keyword in keywords, 0 for other words.
type word uint8

// What a word is and does, for all numbers that it may have.
var (
	wordKeywords [256]keyword
	wordDoes     [256]uint16
)

func init() {
	for i := range keywords {
		wordKeywords[i], wordDoes[i] = keywords[i].id, keywords[i].does
	}
}

func (w word) id() keyword { return wordKeywords[w] }

// does tells whether the keyword has one of these properties.
func (w word) does(what uint16) bool { return wordDoes[w]&what != 0 }
