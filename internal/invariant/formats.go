package invariant

// IsSecret is true for the path of a value, such as req.body.password, of which some name looks like that of a secret: what
// explains a violation shows no more than its hash.
func IsSecret(path string) bool { return isSecret(path) }

// IsUUID is the function isUUID of rules: the 36 characters of RFC 9562, section 4, in either case.
func IsUUID(s string) bool { return isUUID(s) }

// IsDate is the function isDate of rules: a date of ISO 8601 or RFC 3339 that exists, with or without a time of day.
func IsDate(s string) bool { return isDate(s) }

// IsEmail is the function isEmail of rules.
func IsEmail(s string) bool { return isEmail(s) }
