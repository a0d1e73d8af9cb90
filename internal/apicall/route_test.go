package apicall

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// routeCases are paths and their templates; the fuzz target starts from them as well.
var routeCases = []struct{ name, path, want string }{
	{"empty", "", ""},
	{"root", "/", "/"},
	{"words", "/api/customer-orders/top_sellers", "/api/customer-orders/top_sellers"},
	{"trailing slash", "/orders/7/", "/orders/{id}/"},
	{"double slashes", "//shop//items/12", "//shop//items/{id}"},
	{"asterisk form", "*", "*"},
	{"no leading slash", "orders/17", "orders/{id}"},

	{"number", "/orders/123/items/4", "/orders/{id}/items/{id}"},
	{"negative and decimal", "/price/-12/84.0", "/price/{id}/{id}"},
	{"coordinates", "/near/48.137,11.575", "/near/{id}"},
	{"uuid", "/orders/66ac0543-6732-4a59-84ee-41a1f5471810", "/orders/{id}"},
	{"uuid in capitals", "/orders/66AC0543-6732-4A59-84EE-41A1F5471810", "/orders/{id}"},
	{"hex", "/blobs/d41d8cd98f00b204e9800998ecf8427e", "/blobs/{id}"},
	{"hex of letters", "/blobs/deadbeef", "/blobs/{id}"},
	{"mongo", "/users/507f1f77bcf86cd799439011", "/users/{id}"},
	{"ulid", "/events/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/events/{id}"},
	{"ksuid", "/events/0ujtsYcgvSTl8PAuAdqWYSMnLOv", "/events/{id}"},
	{"nanoid", "/files/V1StGXR8_Z5jdHi6B-myT", "/files/{id}"},
	{"short token", "/watch/dQw4w9WgXcQ", "/watch/{id}"},
	{"catalogue number", "/api/products/OLJCESPC7Z", "/api/products/{id}"},
	{"prefixed hex", "/cart/ord_7f3a9c", "/cart/{id}"},
	{"prefixed hex of letters", "/cart/ord_abcdef", "/cart/{id}"},
	{"prefixed hex of digits", "/cart/ord_123456", "/cart/{id}"},
	{"prefixed number", "/users/user-12345/settings", "/users/{id}/settings"},
	{"prefixed short number", "/users/user-12", "/users/{id}"},
	{"prefixed token", "/charges/ch_3MmlLrLkdIwHu7ix0snN0B15", "/charges/{id}"},
	{"train", "/foods/2024-06-08/nanjing/Z1234", "/foods/{date}/nanjing/{id}"},
	{"e-mail", "/users/jo.doe@example.org/orders", "/users/{id}/orders"},
	{"encoded e-mail", "/users/jo%40example.org", "/users/{id}"},
	{"internet address", "/hosts/192.0.2.7", "/hosts/{id}"},
	{"hardware address", "/ports/a1:b2:c3:d4:e5:f6", "/ports/{id}"},
	{"too long for a name", "/search/" + strings.Repeat("words-", 12), "/search/{id}"},
	{"too long for a name, in the middle", "/search/" + strings.Repeat("x", 300) + "/pages", "/search/{id}/pages"},
	{"odd endings", "/a.v1234/b.7z/c.x9999/d.", "/{id}/b.7z/{id}/d."},

	{"date", "/reports/2024-01-31", "/reports/{date}"},
	{"date, day first", "/reports/31.01.2024", "/reports/{date}"},
	{"date, month first", "/reports/01-31-2024", "/reports/{date}"},
	{"month", "/reports/2024-01", "/reports/{date}"},
	{"date and time", "/since/2024-01-31T10:50:18+02:00", "/since/{date}"},
	{"date and encoded time", "/since/2024-01-31%2010%3A50", "/since/{date}"},
	{"no such date", "/reports/2024-13-41", "/reports/{id}"},
	{"a date, and what is no time", "/reports/2024-01-31Tuesday/20x4-01-31/2024-0x-31", "/reports/{id}/{id}/{id}"},
	{"date as a file", "/logs/2024-01-31.gz", "/logs/{date}.gz"},

	{"versions", "/v1/v2.1/v1beta1/V3.0.1-rc2", "/v1/v2.1/v1beta1/V3.0.1-rc2"},
	{"no version", "/v20240131", "/{id}"},
	{"words with a digit", "/oauth2/s3/log4j/mp3/ipv6/k8s/i18n/2fa/html5/sha256", "/oauth2/s3/log4j/mp3/ipv6/k8s/i18n/2fa/html5/sha256"},
	{"more of them", "/api/v1/travel2service/com_b2jcontact/web3js", "/api/v1/travel2service/com_b2jcontact/web3js"},
	{"camel case", "/internal/getLeftTicketOfInterval/findByRouteIdsAndTrainTypes", "/internal/getLeftTicketOfInterval/findByRouteIdsAndTrainTypes"},
	{"camel case with a digit", "/listOauth2CredentialProviders/getV2Users", "/listOauth2CredentialProviders/getV2Users"},
	{"locale", "/en-GB/zh_Hans", "/en-GB/zh_Hans"},
	{"hidden file", "/.env/.well-known", "/.env/.well-known"},
	{"scope and handle", "/@angular/~jo/$metadata", "/@angular/~jo/$metadata"},
	{"step", "/checkout/step-2", "/checkout/step-2"},

	{"files", "/logo-120x120.png/app.min.js", "/logo-120x120.png/app.min.js"},
	{"numbered file", "/images/almhuette_raith_03.jpg", "/images/almhuette_raith_03.jpg"},
	{"file with a version", "/js/jquery-3.6.0.min.js", "/js/jquery-3.6.0.min.js"},
	{"file with a space", "/img/winterfoto%209.jpg", "/img/winterfoto%209.jpg"},
	{"id as a file", "/invoices/12345.pdf", "/invoices/{id}.pdf"},
	{"uuid as a file", "/invoices/66ac0543-6732-4a59-84ee-41a1f5471810.json", "/invoices/{id}.json"},
	{"hash in a file", "/assets/main-458d6a2e357e.css", "/assets/{id}.css"},
	{"camera", "/img/DSC01234.JPG", "/img/{id}.JPG"},
	{"custom verb", "/v1/projects/42:undelete", "/v1/projects/{id}:undelete"},
	{"custom verb on a word", "/v1/projects:batchGet", "/v1/projects:batchGet"},

	{"matrix parameter", "/shop;jsessionid=1A530637289A03B07199A44E8D531427/cart;a=b;c", "/shop/cart"},
	{"matrix parameter behind an id", "/orders/7;v=1", "/orders/{id}"},
	{"encoded unreserved", "/%6Cogin/%41bc", "/login/Abc"},
	{"encoded letters", "/m%c3%bcller", "/m%C3%BCller"},
	{"raw letters", "/müller", "/m%C3%BCller"},
	{"encoded traversal", "/files/%2e%2e/etc", "/files/../etc"},
	{"encoded slash", "/projects/group%2Fname", "/projects/{id}"},
	{"encoded percent", "/a%2541", "/{id}"},
	{"broken encoding", "/a%4/%zz/%", "/{id}/{id}/{id}"},
	{"injection", "/greet/%7B%7Bconfig%7D%7D/x'--/<b>", "/greet/{id}/{id}/{id}"},
	{"control bytes", "/a\x00b/c\nd/e\x7ff", "/{id}/{id}/{id}"},
	{"no UTF-8", "/a\xffb/%ff", "/{id}/{id}"},
	{"escapes of a log", `/a\x22b`, "/{id}"},

	{"template", "/orders/{id}/{date}/{id}.pdf/{id}:cancel", "/orders/{id}/{date}/{id}.pdf/{id}:cancel"},
	{"somebody else's braces", "/orders/{orderId}", "/orders/{id}"},

	{"twelve segments", strings.Repeat("/a", 12), strings.Repeat("/a", 12)},
	{"thirteen segments", strings.Repeat("/a", 13), strings.Repeat("/a", 12) + "/*"},
	{"thirteen segments with ids", strings.Repeat("/7", 13), strings.Repeat("/{id}", 12) + "/*"},
	{"long", strings.Repeat("/abcdefghijklmnopqrstuvwxyz-abcdefghij", 6), strings.Repeat("/abcdefghijklmnopqrstuvwxyz-abcdefghij", 5) + "/*"},
	{"long behind an id", "/7" + strings.Repeat("/abcdefghijklmnopqrstuvwxyz-abcdefghij", 6), "/{id}" + strings.Repeat("/abcdefghijklmnopqrstuvwxyz-abcdefghij", 5) + "/*"},
}

func TestAppendRoute(t *testing.T) {
	for _, tt := range routeCases {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, string(AppendRoute(nil, tt.path)))
			assert.Equal(t, "GET "+tt.want, string(AppendRoute([]byte("GET "), tt.path)), "behind other text")
		})
	}
}

// checkRoute asserts what holds for the route of any path.
func checkRoute(t require.TestingT, path string) {
	once := string(AppendRoute(nil, path))
	require.LessOrEqual(t, len(once), MaxRouteBytes)
	require.LessOrEqual(t, strings.Count(once, "/"), MaxRouteSegments+1)
	for i := range len(once) {
		require.True(t, once[i] > ' ' && once[i] <= '~', "byte %q in the route %q", once[i], once)
	}
	require.Equal(t, once, string(AppendRoute(nil, once)), "the template of the template of %q", path)
	require.Equal(t, once, templated(path, &Scratch{}))
}

func FuzzAppendRoute(f *testing.F) {
	for _, tt := range routeCases {
		f.Add(tt.path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		checkRoute(t, path)
	})
}

// drawPath makes paths of the pieces that the rules look at, and of any bytes.
func drawPath(t *rapid.T) string {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"/", "/", "/", "//", ";", "%", "%2", "%2f", "%41", "%C3%BC", "%25", ":", ".", "-", "_", "@", "*", "{id}", "{date}", "{", "}",
			"v1", "2024-01-31", ".pdf", ":cancel", "ord_", "deadbeef", "120x120", "ü", "\xff", "\x00", " ", "'", "..", "T10:50",
		}),
		rapid.StringMatching(`[a-zA-Z]{1,12}|[0-9]{1,6}|[0-9a-f]{1,9}|[a-zA-Z0-9]{1,22}`),
	)
	pieces := rapid.OneOf(
		rapid.Map(rapid.SliceOfN(piece, 0, 40), func(p []string) string { return strings.Join(p, "") }),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 80), func(b []byte) string { return string(b) }),
	)
	return pieces.Draw(t, "path")
}

func TestAppendRouteProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkRoute(t, drawPath(t))
	})
}

func TestSameShapeSameRoute(t *testing.T) {
	const hex = "[0-9a-f]"
	shapes := []struct{ name, expr, want string }{
		{"number", `[0-9]{1,18}`, "{id}"},
		{"uuid", hex + `{8}-` + hex + `{4}-4` + hex + `{3}-[89ab]` + hex + `{3}-` + hex + `{12}`, "{id}"},
		{"hex", hex + `{8,64}`, "{id}"},
		{"HEX", `[0-9A-F]{8,40}`, "{id}"},
		{"ulid", `0[0-7][0-9A-HJKMNP-TV-Z]{24}`, "{id}"},
		{"prefixed hex", `[a-z]{2,5}_` + hex + `{6,12}`, "{id}"},
		{"prefixed number", `(user|order|item)-[0-9]{2,9}`, "{id}"},
		{"number as a file", `[0-9]{1,12}\.pdf`, "{id}.pdf"},
		{"date", `20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9])`, "{date}"},
		{"e-mail", `[a-z]{1,8}(\.[a-z]{1,8})?@[a-z]{1,8}\.(org|com)`, "{id}"},
		{"number with a verb", `[0-9]{1,9}:cancel`, "{id}:cancel"},
		{"small word", `[g-z]{2,20}`, ""},
	}
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				segment := rapid.StringMatching(shape.expr).Draw(t, "segment")
				want := shape.want
				if want == "" {
					want = segment
				}
				require.Equal(t, "/things/"+want, string(AppendRoute(nil, "/things/"+segment)))
			})
		})
	}
}

// Random tokens look like words now and then; a generator's ids must do so rarely.
func TestRandomTokensAreIDs(t *testing.T) {
	const lowers, uppers, digits = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	generators := []struct {
		name, alphabet string
		length         int
		most           float64 // share that may stay a word
	}{
		{"ksuid", lowers + uppers + digits, 27, 0.005},
		{"nanoid", lowers + uppers + digits + "_-", 21, 0.02},
		{"base64url of 16 bytes", lowers + uppers + digits + "_-", 22, 0.02},
		{"base64url of 32 bytes", lowers + uppers + digits + "_-", 43, 0.001},
		{"cuid", lowers + digits, 25, 0.005},
		{"base62 of 12", lowers + uppers + digits, 12, 0.07},
		{"capitals and digits of 10", uppers + digits, 10, 0.02},
	}
	rng := newBatch(3).rng
	for _, g := range generators {
		t.Run(g.name, func(t *testing.T) {
			const n = 5000
			words := 0
			for range n {
				token := make([]byte, g.length)
				for i := range token {
					token[i] = g.alphabet[rng.IntN(len(g.alphabet))]
				}
				if string(AppendRoute(nil, string(token))) != "{id}" {
					words++
				}
			}
			assert.Less(t, float64(words)/n, g.most)
		})
	}
}

// The short cut for plain words must agree with the rules that it spares.
func TestPlainWordIsAWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-zA-Z-]{1,64}|[a-fx-]{1,12}`).Draw(t, "segment")
		if isPlainWord(s, classesOf(s)) {
			shape, _ := classify(s, classesOf(s))
			require.Equal(t, word, shape)
		}
	})
}

func TestBoundRoute(t *testing.T) {
	assert.Equal(t, "/orders/{orderId}", boundRoute("/orders/{orderId}"))
	for cut := range 4 {
		long := strings.Repeat("x", MaxRouteBytes-cut) + strings.Repeat("ü", 3)
		got := boundRoute(long)
		assert.LessOrEqual(t, len(got), MaxRouteBytes)
		assert.Greater(t, len(got), MaxRouteBytes-utf8.UTFMax)
		assert.True(t, utf8.ValidString(got), "cut at %d", cut)
	}
}
