package store

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The ids are a contract: plans that were written down name them.
func TestIDsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "user0042", Username(42))
	assert.Equal(t, "correct-horse-0042", Password(42))
	assert.EqualValues(t, 1001, CurrentAccount(1))
	assert.EqualValues(t, 1002, SavingsAccount(1))
	assert.Equal(t, ShopAccount, CurrentAccount(ShopUser))
	assert.Equal(t, []bool{false, false, true, false, true}, []bool{IsClerk(0), IsClerk(39), IsClerk(40), IsClerk(41), IsClerk(80)})
	assert.Equal(t, "113f0751-2c78-5ee3-beab-2a3248727092", ResourceID("transfer", 7, "monday"))
	assert.NotEqual(t, ResourceID("transfer", 7, "monday"), ResourceID("payment", 7, "monday"))
	assert.NotEqual(t, ResourceID("transfer", 7, "monday"), ResourceID("transfer", 77, "monday"))
	assert.Equal(t, "074733", Code("x"))
	assert.Regexp(t, `^\d{6}$`, Code(ResourceID("transfer", 7, "monday")))
}

func TestEveryProductHasAPriceOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[int64]bool{}
	for id := int64(1); id <= Products; id++ {
		assert.Positive(t, Price(id))
		seen[Price(id)] = true
	}
	assert.Len(t, seen, Products)
	assert.Len(t, goods, Products)
}

func TestACityHasFiveBranches(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	for id := int64(1); id <= Branches; id++ {
		count[City(id)]++
	}
	assert.Len(t, count, Branches/5)
	for city, n := range count {
		assert.Equal(t, 5, n, city)
	}
	assert.Equal(t, City(1), City(-7))
}
