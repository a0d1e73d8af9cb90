package generalised

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/recording"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// automated are the addresses of the log that are no visitors, by their user agent
// and by what they do; only those that a detector found were looked at.
var automated = map[string]string{
	"193.106.31.130": "tries passwords at /administrator, five a second",
}

// visits are the windows of a mountain hut's access log: 456 addresses in 6 days.
func visits(t *testing.T) []*detect.Window {
	t.Helper()
	folder := os.Getenv("SPANWARDEN_DATA")
	if folder == "" || testing.Short() {
		t.Skip("skipped the mountain hut's visitors: set SPANWARDEN_DATA to a folder that holds access-logs/almhuette.log.gz, " +
			"and test without -short")
	}
	calls := readLog(t, filepath.Join(folder, "access-logs", "almhuette.log.gz"))
	settings := traffic.DefaultSettings()
	settings.Lateness, settings.Patience = 0, 0
	tracker := traffic.New(settings, 1)
	closed := make(chan []*detect.Window)
	go func() {
		var windows []*detect.Window
		for w := range tracker.Closed() {
			vectors := w.Vectors(nil)
			windows = append(windows, &detect.Window{
				Window: &traffic.Window{Service: w.Service, Start: w.Start, End: w.End}, Total: vectors[0], Clients: vectors[1:],
			})
			w.Release()
		}
		closed <- windows
	}()
	service, now := tracker.Service("almhuette"), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	for i := range calls {
		require.Zero(t, service.Add(calls[i:i+1], now).Late)
	}
	require.Zero(t, tracker.Flush())
	return <-closed
}

// readLog reads the calls of an access log, in the order of their time.
func readLog(t *testing.T, path string) (calls []apicall.Call) {
	t.Helper()
	reader, err := apicall.NewReader(apicall.Settings{})
	require.NoError(t, err)
	file, err := recording.Open(path)
	require.NoError(t, err)
	defer file.Close()
	var scratch apicall.Scratch
	record := plog.NewLogRecord()
	require.NoError(t, file.Lines(func(line []byte) error {
		var call apicall.Call
		record.Body().SetStr(string(line))
		if reader.LogRecord(record, &scratch, &call) == apicall.APICall {
			for _, text := range []*string{&call.Method, &call.Route, &call.Path, &call.Client, &call.Peer, &call.UserAgent} {
				*text = strings.Clone(*text)
			}
			calls = append(calls, call)
		}
		return nil
	}))
	slices.SortStableFunc(calls, func(a, b apicall.Call) int { return cmp.Compare(a.Start, b.Start) })
	return calls
}

// TestAMountainHutsVisitorsAreLeftAlone: the log had no part in the choice of the
// model, the threshold or the number of calls.
func TestAMountainHutsVisitorsAreLeftAlone(t *testing.T) {
	windows := visits(t)
	f, err := Shipped()
	require.NoError(t, err)
	settings := DefaultSettings()
	settings.Threshold = 0 // all, to see how far the others are
	d := New(settings, ready(t, f), time.Minute, 1000)
	judged, highest := map[string]anomaly.Event{}, map[string]float64{}
	addresses := map[string]bool{}
	for _, w := range windows {
		for i := range w.Clients {
			addresses[w.Clients[i].Client] = true
		}
		d.Judge(w, func(e anomaly.Event) {
			if e.Score >= highest[e.Client] {
				judged[e.Client], highest[e.Client] = e, e.Score
			}
		})
	}
	wrong := 0
	order := slices.SortedFunc(maps.Keys(judged), func(a, b string) int { return cmp.Compare(highest[b], highest[a]) })
	for i, client := range order {
		e := judged[client]
		flagged := e.Score >= DefaultSettings().Threshold
		verdict, known := automated[client]
		if flagged && !known {
			wrong++
		}
		if flagged || i < 5 {
			t.Logf("flagged: %v, highest probability %.3f, %s %s", flagged, e.Score, e.Message, verdict)
		}
	}
	t.Logf("%d addresses in %d windows, %d with a session long enough", len(addresses), len(windows), len(judged))
	assert.Greater(t, len(judged), 30, "or nobody was judged at all")
	assert.LessOrEqual(t, wrong, 1, "visitors who are flagged")
}

// TestWhySessionsOfTwoCallsAreNotJudged: a model of all public sessions has learnt
// that two calls are a crawler, and takes every other visitor for one.
func TestWhySessionsOfTwoCallsAreNotJudged(t *testing.T) {
	windows := visits(t)
	data := readPublic(t)
	f, err := train(t.Context(), data.rows(data.single), 1)
	require.NoError(t, err)
	d := New(Settings{IdleTimeout: 30 * time.Minute, MinCalls: 2, Threshold: 0.5}, ready(t, f), time.Minute, 1000)
	flagged := map[string]bool{}
	for _, w := range windows {
		d.Judge(w, func(e anomaly.Event) { flagged[e.Client] = true })
	}
	t.Logf("%d addresses flagged", len(flagged))
	assert.Greater(t, len(flagged), 50)
}
