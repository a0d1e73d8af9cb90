package generalised

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/dataset"
)

// public is the data set that the shipped model comes from. Its rows are means
// over several sessions, but for those of single.
type public struct {
	*dataset.Table // of the features

	behaviour       []string // of each row: attack, bot, normal or outlier
	agent           []string // user agents of crawlers
	sessions, users []float32
	lengths         []float32 // of sessions, in 1/60 s, whatever the column's name
}

// readPublic skips the test without the data.
func readPublic(t *testing.T) *public {
	t.Helper()
	folder := os.Getenv("SPANWARDEN_DATA")
	if folder == "" || testing.Short() {
		t.Skip("skipped the public sessions: set SPANWARDEN_DATA to a folder that holds api-access/behavior.csv.gz " +
			"(Kaggle, tangodelta/api-access-behaviour-anomaly-dataset), and test without -short")
	}
	open := func(label string) *dataset.Table {
		table, err := dataset.Open(t.Context(), nil, dataset.Options{
			Features: append(columnNames(), "num_sessions", "num_users", "vsession_duration(min)"), Label: label,
		}, filepath.Join(folder, "api-access", "behavior.csv.gz"))
		require.NoError(t, err)
		return table
	}
	table, agents := open("behavior_type"), open("behavior")
	p := &public{Table: table, sessions: table.Columns[3], users: table.Columns[4], lengths: table.Columns[5]}
	for row, label := range table.Labels {
		p.behaviour = append(p.behaviour, table.Classes[label])
		p.agent = append(p.agent, agents.Classes[agents.Labels[row]])
	}
	table.Features, table.Columns = table.Features[:3], table.Columns[:3]
	return p
}

// crawler says whether the row is of the paper's class attack: bots and attacks.
func (p *public) crawler(row int) bool {
	return p.behaviour[row] == "bot" || p.behaviour[row] == Attack
}

func (p *public) calls(row int) float64 { return float64(p.Columns[2][row]) }

func (p *public) endpoints(row int) float64 { return float64(p.Columns[1][row]) * p.calls(row) }

// single says whether the row is one session. Rows of several users are means of
// theirs, even those with num_sessions 1: their calls are no whole number.
func (p *public) single(row int) bool {
	return p.sessions[row] == 1 && p.users[row] == 1 && whole(p.calls(row)) && whole(p.endpoints(row))
}

func whole(x float64) bool { return math.Abs(x-math.Round(x)) < 1e-4 }

// rows that are so, in two classes: attack and other.
func (p *public) rows(are func(row int) bool) *dataset.Table {
	var rows []int
	var labels []int32
	for row := range p.Rows() {
		if !are(row) {
			continue
		}
		rows = append(rows, row)
		if p.crawler(row) {
			labels = append(labels, 0)
		} else {
			labels = append(labels, 1)
		}
	}
	t := p.Select(rows)
	t.Classes, t.Labels = []string{Attack, "other"}, labels
	return t
}

// training are the sessions that the shipped model is trained on. Those of two
// calls are left out: the data hold hardly any but those of crawlers, whereas any
// service has visitors who make two calls.
func (p *public) training() *dataset.Table {
	return p.rows(p.inTraining)
}

func (p *public) inTraining(row int) bool { return p.single(row) && p.calls(row) >= leastCalls }

const leastCalls = 3

func attacks(t *dataset.Table) int {
	return len(slices.DeleteFunc(slices.Clone(t.Labels), func(l int32) bool { return l != 0 }))
}
