package apicall

// strangers are, by letter, those that do not follow it in words: in fewer than 4 of 1000 English, German, Dutch, Spanish,
// Italian and Portuguese words and names out of public APIs. They are 45 % of all pairs, so random text is full of them.
var strangers = [...]string{
	0:         "qw", // a
	'b' - 'a': "cdfhkmnpqtvwxyz",
	'c' - 'a': "bdfgjmnpqvwxz",
	'd' - 'a': "cfghjknpqvwxyz",
	'e' - 'a': "",
	'f' - 'a': "bchjkmnpqvwxyz",
	'g' - 'a': "bcfjkmpqvwxy",
	'h' - 'a': "bcdfghjkpqvwxz",
	'i' - 'a': "hqw",
	'j' - 'a': "bcghijlmnqrtuvwxy",
	'k' - 'a': "cdfghjmnpqrvwxyz",
	'l' - 'a': "jkqrwxz",
	'm' - 'a': "cfghjknqrtvwxy",
	'n' - 'a': "jmqwx",
	'o' - 'a': "hjqxyz",
	'p' - 'a': "bcgjkmnqvwyz",
	'q' - 'a': "abcdefghijkmnopqrstvwxyz",
	'r' - 'a': "jq",
	's' - 'a': "bjqrx",
	't' - 'a': "dgjkmq",
	'u' - 'a': "jquvxyz",
	'v' - 'a': "bcdfghjklnpqstuvwxyz",
	'w' - 'a': "bcdfghjklmnpqrstuvwxyz",
	'x' - 'a': "bdfghjklnqrsuvwxyz",
	'y' - 'a': "abcdfghijkloqrtuvwxyz",
	'z' - 'a': "bcdfghjklmnpqrsvxy",
}

// strangerBits are the strangers as a bit per letter.
var strangerBits = func() (bits [len(strangers)]uint32) {
	for first, others := range strangers {
		for i := range len(others) {
			bits[first] |= 1 << (others[i] - 'a')
		}
	}
	return bits
}()

// areStrangers is true for two ASCII letters of any case that do not follow each other in words.
func areStrangers(a, b byte) bool {
	return strangerBits[a|0x20-'a']>>(b|0x20-'a')&1 == 1
}
