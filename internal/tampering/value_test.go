package tampering

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestJSONIsWrittenAsItWasRead(t *testing.T) {
	for _, s := range []string{
		`{"b": 1, "a": [null, true, 1.50, -2e3], "c": {"": "x\"y\u0001"}}`, `12345678901234567890`, `"text"`, `[]`, `{}`, `{"a": 1, "a": 2}`, `"<&>"`,
	} {
		v := parse(s)
		require.NotNil(t, v, s)
		assert.JSONEq(t, s, string(v.append(nil)))
		again := parse(string(v.append(nil)))
		assert.Equal(t, v, again)
		assert.Equal(t, v, v.clone())
	}
	assert.Equal(t, `{"b": 1.50, "a": 2}`, string(parse(`{"b":1.50,"a":2}`).append(nil)), "order and digits stay")
}

func TestWhatIsNoJSONIsNoBody(t *testing.T) {
	deep := make([]byte, 200)
	for i := range deep {
		deep[i] = '['
	}
	for _, s := range []string{"", "{", `{"a":}`, "a=b", "1 2", `{"a":1}}`, string(deep), "\xff"} {
		assert.Nil(t, parse(s), s)
	}
}

func TestAnyJSONSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scalar := rapid.OneOf(rapid.Just[any](nil), rapid.Float64().AsAny(), rapid.String().AsAny(), rapid.Bool().AsAny())
		m := rapid.MapOf(rapid.String(), rapid.SliceOf(scalar)).Draw(t, "m")
		text, err := json.Marshal(m)
		require.NoError(t, err)
		assert.JSONEq(t, string(text), string(parse(string(text)).append(nil)))
	})
}

func TestValuesThatMeanTheSameHaveTheSameKey(t *testing.T) {
	same := [][2]*value{
		{numberValue("100"), numberValue("100.0")}, {numberValue("100"), textValue("100")}, {numberValue("1e2"), textValue("100.00")},
	}
	for _, s := range same {
		assert.Equal(t, s[0].key(), s[1].key())
	}
	other := [][2]*value{
		{textValue("0100"), textValue("100")},
		{textValue("NaN"), textValue("nan")},
		{textValue(""), new(value)},
		{textValue("1e2"), numberValue("100")},
		{numberValue("9007199254740993"), numberValue("9007199254740992")},
	}
	for _, o := range other {
		assert.NotEqual(t, o[0].key(), o[1].key())
	}
}

func TestIDsLookLikeIDs(t *testing.T) {
	for s, want := range map[string]bool{
		"8a4ff1f2-0e3c-4a58-9d5e-000000000001": true, "123456": true, "4c1b9a77aa01": true, "ord_91837465xy": true,
		"12345": false, "nanjing": false, "2026-03-01": false, "2026-03-01 10:00:00": false, "G1234": false, "FirstClass-30": false, "": false,
		"Bone Soup 123456": false,
	} {
		assert.Equal(t, want, distinctive(textValue(s)), s)
	}
}

func TestWordsOfNames(t *testing.T) {
	for name, want := range map[string][]string{
		"foodPrice": {"food", "price"}, "food_price": {"food", "price"}, "orderID": {"order", "id"}, "price": {"price"}, "a1b": {"a", "b"}, "": nil,
	} {
		assert.Equal(t, want, words(name), name)
	}
	assert.True(t, isMoney("ticketPrice"))
	assert.False(t, isMoney("totalNum"))
	assert.False(t, isMoney("basicPriceRate"))
}
