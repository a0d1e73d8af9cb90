package tampering_test

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/rulefile"
	"github.com/spanwarden/spanwarden/internal/tampering"
)

// teaching is the share of a recording's time that is learned from.
const teaching = 0.7

// recorded is a recording of a real application, or skips the test.
func recorded(t *testing.T, file ...string) string {
	t.Helper()
	folder := os.Getenv("SPANWARDEN_DATA")
	if folder == "" {
		t.Skip("skipped the evaluation on real applications: set SPANWARDEN_DATA to a folder with trainticket and bookstore")
	}
	return filepath.Join(append([]string{folder}, file...)...)
}

// application is a recording that is ready to be tampered with.
type application struct {
	teach, judge []tampering.Trace
	survey       *tampering.Survey
	err          error
}

var readTrainTicket = sync.OnceValue(func() (a application) {
	traces, err := tampering.Load(filepath.Join(os.Getenv("SPANWARDEN_DATA"), "trainticket", "normal.jsonl.gz"))
	a.teach, a.judge = tampering.Split(traces, teaching)
	a.survey, a.err = tampering.NewSurvey(traces), err
	return a
})

func trainTicket(t *testing.T) application {
	t.Helper()
	recorded(t)
	a := readTrainTicket()
	require.NoError(t, a.err)
	require.NotEmpty(t, a.judge)
	return a
}

// unordered are settings for Train Ticket: calls without a trace context have the time of their session's login, so that
// nobody can tell whether something is done again. SPANWARDEN_SEED makes other copies.
func unordered() tampering.Settings {
	s := tampering.DefaultSettings()
	s.Without = []string{"replay"}
	if seed, err := strconv.ParseUint(os.Getenv("SPANWARDEN_SEED"), 10, 64); err == nil {
		s.Seed = seed
	}
	return s
}

// show prints a report, and what is behind its figures.
func show(t *testing.T, r *tampering.Report) {
	t.Helper()
	t.Logf("\n%s", r.Summary())
	t.Logf("found by rule:\n%s", r.Finders())
	t.Logf("found, but by rules that did not read what was tampered with:\n%s", r.Unexplained())
	t.Logf("shams that alarm:\n%s", r.AlarmedShams())
	t.Logf("alarms of normal calls among copies:\n%s", tampering.Alarms(r.Collateral))
	t.Logf("missed:\n%s", r.Missed())
	t.Logf("false alarms by rule:\n%s", tampering.Alarms(r.FalseAlarms))
}

// The rules of somebody who knows the API, as a measure for those that are learned. They say nothing of many fields.
func TestTrainTicketByHand(t *testing.T) {
	a := trainTicket(t)
	file, err := rulefile.Load(filepath.Join("..", "check", "testdata", "trainticket.yaml"))
	require.NoError(t, err)
	book, err := tampering.Book(file)
	require.NoError(t, err)
	r, err := tampering.Judge(book, nil, a.judge, a.survey.Tamper(a.judge, unordered()))
	require.NoError(t, err)
	t.Logf("\n%s", r.Summary())
	_, alarmed := r.Shams()
	require.Zero(t, alarmed)
	require.Zero(t, r.AlarmedCalls)
}
