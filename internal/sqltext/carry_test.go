package sqltext

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestJoinsCarryWhatIsPinned(t *testing.T) {
	for _, tt := range []struct {
		text, where string
		known       map[string]string // columns and their values, "absent" or "hidden"; $1 is 7 and $2 is 8
	}{
		{
			text:  `from accounts a join users u on u.id = a.user_id where u.id = $1`,
			where: `users.id=#0 accounts.user_id=#0`,
			known: map[string]string{"accounts.user_id": "'7'", "user_id": "'7'", "users.id": "'7'", "id": "'7'", "accounts.id": "absent", "users.user_id": "absent"},
		},
		{
			text:  `from accounts a, users u where a.user_id = u.id and 5 = u.id`,
			where: `users.id=5 accounts.user_id=5`,
			known: map[string]string{"accounts.user_id": "5", "user_id": "5"},
		},
		{
			text:  `from accounts a join users u on u.id = a.user_id where a.user_id in (3, $1)`,
			where: `accounts.user_id=[3 #0] users.id=[3 #0]`,
			known: map[string]string{"users.id": "[3 '7']"},
		},
		{
			text:  `from shop.orders join shop.lines on lines.order_id = orders.id and orders.id = $1`,
			where: `shop.orders.id=#0 shop.lines.order_id=#0`,
			known: map[string]string{"lines.order_id": "'7'", "shop.lines.order_id": "'7'", "order_id": "'7'"},
		},

		// From one to the next, whatever the order.
		{
			text:  `from a join b on b.x = a.x join c on c.y = b.x join d on d.z = c.y where d.z = 4`,
			where: `d.z=4 b.x=4 a.x=4 c.y=4`,
			known: map[string]string{"x": "4", "a.x": "4", "b.x": "4", "y": "4"},
		},
		{
			text:  `from a where a.x = a.y and z = y and (x = 'v' and true = true)`,
			where: `a.x='v' a.y='v' a.z='v'`,
			known: map[string]string{"z": "'v'", "a.z": "'v'"},
		},
		{
			text:  `from a, b where a.x = y and y = 2`,
			where: `y=2 a.x=2`,
			known: map[string]string{"a.x": "2", "x": "2"},
		},
		{
			text:  `from users a join users b on a.boss = b.id where a.boss = 1`,
			where: `users.boss=?`, // each is read as the other too
			known: map[string]string{"boss": "hidden", "id": "absent"},
		},
		{
			text:  `from orders a join orders b on a.user_id = b.user_id where a.user_id = $1`,
			where: `orders.user_id=#0 orders.user_id=#0`,
			known: map[string]string{"user_id": "'7'", "orders.user_id": "'7'"},
		},

		// Nothing is pinned.
		{text: `from accounts a join users u on u.id = a.user_id where a.id = $1`, where: `accounts.id=#0`, known: map[string]string{"user_id": "absent", "accounts.user_id": "absent", "users.id": "absent", "id": "'7'"}},
		{text: `from accounts a join users u on u.id = a.user_id`, where: ``, known: map[string]string{"user_id": "absent", "id": "absent"}},
		{text: `from accounts a join users u on u.id = a.user_id where u.id is null`, where: `users.id=null`, known: map[string]string{"user_id": "absent"}},
		{text: `from accounts a join users u on u.id = a.user_id where u.id > 5`, where: `users.id=?`, known: map[string]string{"user_id": "absent", "users.id": "hidden"}},
		{text: `from accounts a join users u on u.id = a.user_id where u.id = $1 or u.id = $2`, where: `users.id=? users.id=?`, known: map[string]string{"user_id": "absent"}},

		// Nothing is equal in every row.
		{text: `from accounts a join users u on u.id = a.user_id or u.admin = true where u.id = $1`, where: `users.admin=? users.id=#0`, known: map[string]string{"user_id": "absent"}},
		{text: `from accounts a, users u where u.id = $1 and (u.id = a.user_id or 1 = 1)`, where: `users.id=#0`, known: map[string]string{"user_id": "absent"}},
		{text: `from accounts a, users u where u.id = $1 and not u.id = a.user_id`, where: `users.id=#0`, known: map[string]string{"user_id": "absent"}},
		{text: `from accounts a, users u where u.id = $1 and u.id <> a.user_id`, where: `users.id=#0 users.id=? accounts.user_id=?`, known: map[string]string{"user_id": "hidden"}},
		{text: `from accounts a, users u where u.id = $1 and u.id = a.user_id + 1`, where: `users.id=#0 users.id=? accounts.user_id=?`, known: map[string]string{"user_id": "hidden"}},
		{text: `from accounts a, users u where u.id = $1 group by u.id having u.id = a.user_id`, where: `users.id=#0`, known: map[string]string{"user_id": "absent"}},

		// Two values.
		{
			text:  `from accounts a join users u on u.id = a.user_id where u.id = $1 and a.user_id = $2`,
			where: `users.id=#0 accounts.user_id=#1 accounts.user_id=#0 users.id=#1`,
			known: map[string]string{"accounts.user_id": "hidden", "user_id": "hidden", "users.id": "hidden", "id": "hidden"},
		},
		{
			text:  `from accounts a join users u on u.id = a.user_id where u.id = $1 and a.user_id = $1`,
			where: `users.id=#0 accounts.user_id=#0`,
			known: map[string]string{"user_id": "'7'", "id": "'7'"},
		},
		{
			text:  `from accounts a join users u on u.id = a.user_id where a.id = $2 and a.user_id = $1`,
			where: `accounts.id=#1 accounts.user_id=#0 users.id=#0`,
			known: map[string]string{"user_id": "'7'", "users.id": "'7'", "accounts.id": "'8'", "id": "'8'"}, // the text means that of accounts
		},
		{
			text:  `from a join b on b.x = a.x join c on c.x = a.y where a.x = 1 and a.y = 2`,
			where: `a.x=1 a.y=2 b.x=1 c.x=2`,
			known: map[string]string{"x": "1", "b.x": "1", "c.x": "2", "y": "2"},
		},

		// Outer joins.
		{
			text:  `from customers c left join orders o on o.customer_id = c.id where c.id = $1`,
			where: `customers.id=#0 orders.customer_id=#0`,
			known: map[string]string{"orders.customer_id": "'7'", "customer_id": "absent", "id": "'7'", "orders.id": "absent"},
		},
		{text: `from customers c left join orders o on o.customer_id = c.id where o.customer_id = $1`, where: `orders.customer_id=#0`, known: map[string]string{"customers.id": "absent", "id": "absent", "customer_id": "'7'"}},
		{text: `from customers c left join orders o on o.customer_id = c.id and o.customer_id = $1`, where: `orders.customer_id=#0`, known: map[string]string{"customers.id": "absent", "customer_id": "hidden"}},
		{text: `from a left join b on b.x = a.x left join c on c.x = b.x where a.x = 1`, where: `a.x=1 b.x=1`, known: map[string]string{"x": "1", "b.x": "1", "c.x": "absent"}},
		{text: `from a left join b on b.x = a.x join c on c.y = b.x where a.x = 1`, where: `a.x=1 b.x=1`, known: map[string]string{"c.y": "absent", "y": "absent"}},
		{text: `from a right join b on b.x = a.y where a.y = 1`, where: `a.y=1`, known: map[string]string{"x": "absent", "b.x": "absent"}},
		{text: `from a full join b on b.x = a.y where a.y = 1`, where: `a.y=1`, known: map[string]string{"x": "absent", "b.x": "absent"}},
		{text: `from a left join (b join c on b.x = c.y) on a.z = b.z where b.x = 1`, where: `b.x=1`, known: map[string]string{"y": "absent", "c.y": "absent"}},
		{text: `from a join (b join c on b.x = c.y) on a.z = b.z where b.x = 1`, where: `b.x=1 c.y=1`, known: map[string]string{"y": "1"}},

		// Other statements around, within and beside.
		{text: `from a where a.x = 1 and exists (select 1 from b where b.y = a.x)`, where: `a.x=1`, known: map[string]string{"b.y": "absent", "y": "absent"}},
		{text: `from a where exists (select 1 from b where b.y = a.x and b.y = 1)`, where: `b.y=1`, known: map[string]string{"a.x": "absent", "x": "absent"}},
		{text: `from a where a.k in (select b.k from b join c on c.y = b.x where c.y = 1)`, where: `a.k=? c.y=1 b.x=1`, known: map[string]string{"b.x": "1", "x": "absent"}},
		{text: `from a join b on b.y = a.x where a.x = 1 union select k from c where c.x = 1`, where: `a.x=1 c.x=1`, known: map[string]string{"y": "absent", "x": "1"}},
		{text: `from a join b on b.y = a.x where a.x = 1 union select k from c where c.x = 1 and c.y = 1`, where: `a.x=1 c.x=1 c.y=1 b.y=1`, known: map[string]string{"y": "1", "b.y": "1", "x": "1"}},
		{text: `from (select id, owner from a) q join b on b.x = q.owner where b.x = 1`, where: `b.x=1 owner=1`, known: map[string]string{"owner": "1"}},
	} {
		s := Parse("select * "+tt.text, PostgreSQL)
		if !assert.False(t, s.Truncated || s.Limited, "%s: %s", tt.text, flags(s)) {
			continue
		}
		assert.Equal(t, tt.where, show(s.Where), tt.text)
		assertColumns(t, s, tt.known, tt.text)
	}
}

func TestJoinsCarryInWhatIsWritten(t *testing.T) {
	for text, known := range map[string]map[string]string{
		`UPDATE o SET o.x = 1 FROM orders AS o JOIN users u ON u.id = o.user_id WHERE u.id = 5`: {"orders.user_id": "5", "user_id": "5"},
		`delete from orders using users u where u.id = orders.user_id and u.id = 5`:             {"orders.user_id": "5", "user_id": "5"},
		`update a join b on b.x = a.x set a.y = 1 where b.x = 5`:                                {"a.x": "5", "x": "5", "y": "absent"},
	} {
		assertColumns(t, Parse(text, MySQL), known, text)
	}
	s := Parse(`update a set y = x where x = 5`, PostgreSQL)
	_, presence := s.Column(InSet, "y", nil)
	assert.Equal(t, Hidden, presence, "what is set is not what is equal")
}

func TestColumnsAreThoseThatColumnFinds(t *testing.T) {
	s := Parse(`select * from customers c left join orders o on o.customer_id = c.id join users u on u.name = c.id where c.id = 7`, Generic)
	assert.Equal(t, `customers.id=7 users.name=7 orders.customer_id=7`, show(s.Where))
	assert.Equal(t, []string{"id", "name"}, s.Columns(InWhere))
}

func assertColumns(t *testing.T, s *Statement, known map[string]string, text string) {
	t.Helper()
	p := bound("0", "7", "1", "8")
	for column, want := range known {
		v, presence := s.Column(InWhere, column, p)
		got := presence.String()
		if presence == Known {
			got = showValue(&v)
		}
		assert.Equal(t, want, got, "%s of %s", column, text)
	}
}

func TestEndlessEqualitiesAreLimited(t *testing.T) {
	conditions := strings.Repeat(" and a.x = b.y", maxEqualities-1)
	assertColumns(t, Parse(`select * from a, b where a.x = 1 and a.x = b.y`+conditions, Generic), map[string]string{"y": "1"}, "as many as there may be")
	s := Parse(`select * from a, b where a.x = 1 and a.x = b.y and a.x = b.y`+conditions, Generic)
	assert.True(t, s.Limited)
	assertColumns(t, s, map[string]string{"y": "hidden", "z": "hidden"}, "one more")
}

func TestTheOrderOfConditionsDoesNotChangeWhatIsCarried(t *testing.T) {
	columns := []string{"a.x", "a.y", "b.x", "b.y", "c.x", "c.y"}
	column := rapid.SampledFrom(columns)
	rapid.Check(t, func(t *rapid.T) {
		conditions := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			right := rapid.OneOf(column, column, rapid.SampledFrom([]string{"1", "1", "2", "$1"})).Draw(t, "right")
			return column.Draw(t, "left") + " = " + right
		}), 1, 8).Draw(t, "conditions")
		text := func(conditions []string) string {
			return padded(`select * from a, b, c where ` + strings.Join(conditions, " and "))
		}
		want := Parse(text(conditions), PostgreSQL)
		got := Parse(text(rapid.Permutation(conditions).Draw(t, "another order")), PostgreSQL)
		values := pinned(conditions)
		for _, c := range append(columns, "x", "y") {
			v, presence := want.Column(InWhere, c, nil)
			w, other := got.Column(InWhere, c, nil)
			require.Equal(t, presence, other, "%s of %v", c, conditions)
			require.Equal(t, presence == Known, other == Known && v.Equal(&w), "%s of %v", c, conditions)
			if !strings.Contains(c, ".") {
				continue
			}
			switch found := values[c]; {
			case len(found) == 0:
				require.Equal(t, Absent, presence, "%s of %v", c, conditions)
			case len(found) == 1 && !found["$1"]:
				require.True(t, found[v.Text], "%s of %v", c, conditions)
			default:
				require.Equal(t, Hidden, presence, "%s of %v", c, conditions)
			}
		}
	})
}

// pinned are the values of the columns, found step by step until nothing changes.
func pinned(conditions []string) map[string]map[string]bool {
	values := map[string]map[string]bool{}
	add := func(to, value string) bool {
		if values[to] == nil {
			values[to] = map[string]bool{}
		}
		known := values[to][value]
		values[to][value] = true
		return !known
	}
	for changed := true; changed; {
		changed = false
		for _, c := range conditions {
			left, right, _ := strings.Cut(c, " = ")
			if !strings.Contains(right, ".") {
				changed = add(left, right) || changed
				continue
			}
			for v := range values[left] {
				changed = add(right, v) || changed
			}
			for v := range values[right] {
				changed = add(left, v) || changed
			}
		}
	}
	return values
}
