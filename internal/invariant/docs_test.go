package invariant

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// component is the folder of the processor whose README is the manual of the rules.
const component = "../../processor/apiinvariantprocessor/"

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// between returns what stands between two texts in the README.
func between(t *testing.T, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, component+"README.md"), from)
	require.True(t, found, "%s is not in the README", from)
	text, _, found := strings.Cut(rest, to)
	require.True(t, found, "%s is not in the README behind %s", to, from)
	return text
}

// rowsOf returns the cells of a table that has those columns, without its head. A | in a cell is written as \|.
func rowsOf(t *testing.T, columns string) (rows [][]string) {
	t.Helper()
	lines := strings.Split(strings.TrimPrefix(between(t, columns+"\n", "\n\n"), "\n"), "\n")
	for _, line := range lines[1:] {
		line = strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|"), `\|`, "\x00")
		var cells []string
		for cell := range strings.SplitSeq(line, "|") {
			cells = append(cells, strings.ReplaceAll(strings.TrimSpace(cell), "\x00", "|"))
		}
		require.Len(t, cells, strings.Count(columns, "|")-1, line)
		rows = append(rows, cells)
	}
	return rows
}

// variableTable is the table of the README as the schema has it. A child call has the fields of a call.
func variableTable() string {
	b := new(strings.Builder)
	fmt.Fprint(b, "\n\n| Variable | Type | Taken from |\n| --- | --- | --- |\n")
	for _, v := range variables {
		switch v.name {
		case "db":
			tableOf(b, "s", typeStatement)
		case "calls":
			first, last := callFields[0].name, callFields[len(callFields)-1].name
			fmt.Fprintf(b, "| `c.%s` … `c.%s` | as `call.%s` … `call.%s` | the child call's span |\n", first, last, first, last)
			fmt.Fprint(b, "| `c.req`, `c.resp` | as `req`, `resp` | the child call's span |\n")
		default:
			tableOf(b, v.name, v.celType)
		}
	}
	return b.String() + "\n"
}

// attribute is a name with dots, such as http.route.
var attribute = regexp.MustCompile(`[a-z_]+(\.[a-z_<>]+)+`)

// tableOf adds the rows of a structure's fields.
func tableOf(b *strings.Builder, path string, of *cel.Type) {
	for _, s := range structures {
		if s.name != of.TypeName() {
			continue
		}
		for _, f := range s.fields {
			if f.celType.Kind() == types.StructKind {
				tableOf(b, path+"."+f.name, f.celType)
				continue
			}
			sources := attribute.ReplaceAllString(strings.ReplaceAll(f.sources, "client_key", "`client_key`"), "`$0`")
			fmt.Fprintf(b, "| `%s.%s` | %s | %s |\n", path, f.name, cel.FormatCELType(f.celType), sources)
		}
	}
}

func TestTheREADMEListsEveryVariableWithItsSource(t *testing.T) {
	want := variableTable()
	if got := between(t, "<!-- variables -->", "<!-- end variables -->"); got != want {
		assert.Fail(t, "put this between the marks of the README", "%s", want)
	}
}

func TestEveryRuleFileOfTheREADMECompiles(t *testing.T) {
	blocks := 0
	for _, block := range yamlBlocks(t) {
		if !strings.Contains(block, "\ninvariants:") {
			continue
		}
		blocks++
		file, err := rulefile.Parse("README.md", []byte(block))
		require.NoError(t, err, block)
		compiled, err := Compile([]*rulefile.File{file}, Options{})
		require.NoError(t, err, block)
		assert.NotEmpty(t, compiled.Rules())
	}
	assert.GreaterOrEqual(t, blocks, 2)
}

func yamlBlocks(t *testing.T) (blocks []string) {
	t.Helper()
	for _, match := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(read(t, component+"README.md"), -1) {
		blocks = append(blocks, match[1])
	}
	return blocks
}

// Each line of the table of outcomes is judged: the scene is found by what the line says of the call.
func TestTheREADMEsOutcomesAreSo(t *testing.T) {
	sees := func(attributes ...string) func() *scene {
		return func() *scene {
			s := order()
			for i := 0; i < len(attributes); i += 2 {
				s.with(attributes[i], attributes[i+1])
			}
			return s
		}
	}
	body := func(text string) func() *scene { return sees(requestBodyAttribute, text) }
	ran := func(where string) func() *scene {
		return func() *scene { return order().ran("SELECT * FROM orders WHERE " + where) }
	}
	users := func() *scene { return order().ran("SELECT * FROM users WHERE id = 7") }
	scenes := map[string]func() *scene{
		"its body is `{\"amount\": 5}`":                                                  body(`{"amount": 5}`),
		"its body is `{\"amount\": -5}`":                                                 body(`{"amount": -5}`),
		"its body is `{}`":                                                               body(`{}`),
		"its body was not recorded":                                                      order,
		"its body is cut off: `{\"amount\": 5, \"no`":                                    body(`{"amount": 5, "no`),
		"its body is `{\"user\": 7}`, the user is `\"7\"`":                               body(`{"user": 7}`),
		"its body is `{\"user\": 8}`, the user is `\"7\"`":                               body(`{"user": 8}`),
		"its body is `{\"user\": 7}`, no user was recorded":                              sees(requestBodyAttribute, `{"user": 7}`, "user.id", ""),
		"`SELECT … WHERE id = 42 AND user_id = 7`":                                       ran("id = 42 AND user_id = 7"),
		"`SELECT … WHERE id = 42 AND user_id = 8`":                                       ran("id = 42 AND user_id = 8"),
		"`SELECT … WHERE id = 42`: the column is absent, which is unequal to everything": ran("id = 42"),
		"`SELECT … WHERE id = 42`":                                                       ran("id = 42"),
		"`SELECT … WHERE id = ? AND user_id = ?`, no parameters were recorded":           ran("id = ? AND user_id = ?"),
		"`SELECT … WHERE user_id = 7 OR 1 = 1`: no column is certain":                    ran("user_id = 7 OR 1 = 1"),
		"`SELECT … WHERE id = 42 AND`: the text is cut off":                              ran("id = 42 AND"),
		"no statement was seen":                                                          order,
		"it read `users` only":                                                           users,
		"it read `users`, and a span that may have more beneath it is missing":           func() *scene { return open(users()) },
	}
	words := map[string]string{"holds": "held", "violated": "violated"}
	for _, reason := range Reasons() {
		words["not applicable: `"+reason.String()+"`"] = reason.String()
	}
	used := make(map[string]bool)
	for _, row := range rowsOf(t, "| Rule | Call | Outcome |") {
		check, call, outcome := strings.Trim(row[0], "`"), row[1], row[2]
		require.Contains(t, scenes, call)
		require.Contains(t, words, outcome)
		used[call] = true
		assert.Equal(t, words[outcome], scenes[call]().judged(t, check), "%s on a call of which %s", check, call)
	}
	assert.Len(t, used, len(scenes), "the README has lost a line")
}

func TestTheREADMEHasEveryReason(t *testing.T) {
	var told []string
	for _, row := range rowsOf(t, "| Reason | The call |") {
		told = append(told, strings.Trim(row[0], "`"))
	}
	var want []string
	for _, reason := range Reasons() {
		want = append(want, reason.String())
	}
	assert.Equal(t, want, told)
}

func TestTheREADMEHasEveryFunctionWithAnExampleThatCompiles(t *testing.T) {
	rows := rowsOf(t, "| Function | | Example |")
	for _, row := range rows {
		_, err := tryBookOfShop(strings.Trim(row[2], "`"))
		assert.NoError(t, err, row[2])
	}
	ours, err := newEnvironment()
	require.NoError(t, err)
	standard, err := cel.NewEnv()
	require.NoError(t, err)
	var listed strings.Builder
	for _, row := range rows {
		listed.WriteString(row[0] + "\n")
	}
	for name := range ours.Functions() {
		if _, known := standard.Functions()[name]; !known && name[0] != '@' {
			assert.Contains(t, listed.String(), name+"(")
		}
	}
}

// referring is a book of that check, with the references that the README shows.
func referring(t *testing.T, check string) *Book {
	t.Helper()
	block := strings.TrimSpace(between(t, "<!-- references -->", "<!-- end references -->"))
	file, err := rulefile.Parse("README.md", []byte(strings.TrimSuffix(strings.TrimPrefix(block, "```yaml\n"), "```")))
	require.NoError(t, err)
	file.Rules = []rulefile.Rule{{ID: "a", Check: rulefile.Expression{Text: check}, APIs: apis("GET /orders/{id}")}}
	b, err := Compile([]*rulefile.File{file}, Options{})
	require.NoError(t, err)
	return b
}

// covered looks up rows that others wrote, over three days, until a missing one counts.
func (h *history) covered(name string, until int64) {
	collection := h.store.Collection(name)
	const keys, callers, days = 120, 24, 3
	at := until - days*24*int64(time.Hour)
	write := h.store.Begin(at, "s:writer")
	for i := range keys {
		write.Put(collection, fmt.Sprint("key ", i), at, nil, "s:writer")
	}
	write.Commit()
	for i := range callers {
		at += (until - at) / int64(callers-i)
		look := h.store.Begin(at, fmt.Sprint("s:caller ", i))
		for j := range keys {
			_, answer := look.Row(collection, fmt.Sprint("key ", j), at)
			require.Equal(h.t, reference.Known, answer)
		}
		look.Commit()
	}
}

// Each line of the table of outcomes of rules about earlier calls is judged: what was before is found by what the line
// says of it.
func TestTheREADMEsOutcomesOfRulesAboutEarlierCallsAreSo(t *testing.T) {
	list := func(body string) *scene {
		return callOf("GET", "/orders", "/orders", 200, "").with(responseBodyAttribute, `{"orders": [`+body+`]}`)
	}
	calls := func(all ...*scene) func(*history) { return func(h *history) { h.calls(all...) } }
	others := func(after time.Duration) func(*history) {
		return func(h *history) {
			h.calls(list(`{"id": 42}`).by("s-8", "8"))
			h.store.Begin(order().start+int64(after), "s:s-1").Commit()
			h.store.Begin(order().start+int64(after), "u:7").Commit()
		}
	}
	before := map[string]func(*history){
		"a call showed `{\"id\": 42, \"status\": \"paid\"}`":                                               calls(list(`{"id": 42, "status": "paid"}`)),
		"a call showed `{\"id\": 42, \"status\": \"open\"}`":                                               calls(list(`{"id": 42, "status": "open"}`)),
		"a call showed `{\"id\": 42}`":                                                                     calls(list(`{"id": 42}`)),
		"no call showed order 42":                                                                          calls(list(`{"id": 43}`)),
		"no call showed order 42, and all others that were looked for were there":                          func(h *history) { h.covered("orders", order().start) },
		"a call of this session showed order 42":                                                           calls(list(`{"id": 42}`)),
		"a call of another session of this user showed order 42":                                           calls(list(`{"id": 42}`).by("s-0", "7")),
		"a call of another user showed order 42, and this session began later than that":                   others(time.Hour),
		"a call of another user showed order 42, and this session may have begun before all that is known": others(time.Minute),
		"this session called it":                                                                           calls(list("")),
		"this session has not called it, and all that it did is known":                                     others(time.Hour),
		"this session has not called it, but may have done so before all that is known":                    others(time.Minute),
	}
	words := map[string]string{"holds": "held", "violated": "violated"}
	for _, reason := range Reasons() {
		words["not applicable: `"+reason.String()+"`"] = reason.String()
	}
	used := make(map[string]bool)
	for _, row := range rowsOf(t, "| Rule | Before | Outcome |") {
		check, was, outcome := strings.Trim(row[0], "`"), row[1], row[2]
		require.Contains(t, before, was)
		require.Contains(t, words, outcome)
		used[was] = true
		h := historyOf(t, referring(t, check), reference.DefaultSettings())
		before[was](h)
		assert.Equal(t, words[outcome], h.judged(order().at(2*time.Hour)), "%s where %s", check, was)
	}
	assert.Len(t, used, len(before), "the README has lost a line")
}

func TestTheREADMEHasEveryKeyOfARule(t *testing.T) {
	var schema struct {
		Defs struct {
			Rule struct {
				Required   []string
				Properties map[string]any
			}
		} `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(rulefile.Schema(), &schema))
	told := make(map[string]string)
	for _, row := range rowsOf(t, "| Key | | |") {
		told[strings.Trim(row[0], "`")] = row[1]
	}
	assert.Len(t, told, len(schema.Defs.Rule.Properties))
	for key := range schema.Defs.Rule.Properties {
		require.Contains(t, told, key)
		assert.Equal(t, slices.Contains(schema.Defs.Rule.Required, key), told[key] == "required", key)
	}
}

func TestTheREADMEHasEveryKeyOfASource(t *testing.T) {
	var schema struct {
		Defs struct {
			Source struct{ Properties map[string]any }
		} `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(rulefile.Schema(), &schema))
	var told []string
	for _, row := range rowsOf(t, "| Key of a source | |") {
		for key := range strings.SplitSeq(row[0], ", ") {
			told = append(told, strings.Trim(key, "`"))
		}
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(schema.Defs.Source.Properties)), told)
}

// The settings that the README's configurations show exist.
func TestTheREADMEsSettings(t *testing.T) {
	var schema struct{ Properties map[string]any }
	require.NoError(t, json.Unmarshal([]byte(read(t, component+"config.schema.json")), &schema))
	shown := 0
	for _, block := range yamlBlocks(t) {
		var config struct{ Processors any }
		require.NoError(t, yaml.Unmarshal([]byte(block), &config), block)
		processors, _ := config.Processors.(map[string]any)
		settings, _ := processors["api_invariant"].(map[string]any)
		for key := range settings {
			shown++
			assert.Contains(t, schema.Properties, key)
		}
	}
	assert.Positive(t, shown)
}

// The README names metrics that there are.
func TestTheREADMEsMetrics(t *testing.T) {
	documented := read(t, component+"documentation.md")
	names := regexp.MustCompile(`otelcol_processor_api_invariant_[a-z_]+`).FindAllString(read(t, component+"README.md"), -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		assert.Contains(t, documented, "### "+name+"\n")
	}
}

// The README has every attribute that a violation is emitted with.
func TestTheREADMEsAttributes(t *testing.T) {
	var listed []string
	for _, row := range rowsOf(t, "| Attribute | Type | Value |") {
		for name := range strings.SplitSeq(row[0], ", ") {
			listed = append(listed, strings.Trim(name, "`"))
		}
	}
	keys := regexp.MustCompile(`key: (\S+)`).FindAllStringSubmatch(read(t, "../anomaly/testdata/span_invariant.yaml"), -1)
	require.NotEmpty(t, keys)
	for _, key := range keys {
		name := key[1]
		if strings.HasPrefix(name, "anomaly.value.") {
			name = "anomaly.value.<path>"
		}
		assert.Contains(t, listed, name)
	}
}

func TestTheREADMEsLinksLeadSomewhere(t *testing.T) {
	readme := read(t, component+"README.md")
	for _, match := range regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`).FindAllStringSubmatch(readme, -1) {
		if strings.Contains(match[1], "://") {
			continue
		}
		_, err := os.Stat(component + match[1])
		assert.NoError(t, err)
	}
	anchors := make(map[string]bool)
	for _, match := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(readme, -1) {
		anchors[regexp.MustCompile("[^a-z0-9 _-]").ReplaceAllString(strings.ToLower(match[1]), "")] = true
	}
	for _, match := range regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(readme, -1) {
		if strings.Contains(readme, `<a id="`+match[1]+`">`) {
			continue
		}
		assert.True(t, anchors[strings.ReplaceAll(match[1], "-", " ")] || anchors[match[1]], match[1])
	}
}
