package featurerow

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/feature"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newMaker(byService bool, services ...string) *Maker {
	return New(Settings{ByService: byService, Services: services, Window: time.Minute, Period: 30 * time.Minute, MaxClients: 10})
}

// window is the vectors of a minute of a service: the total, the overflow, clients.
func window(service string, minute int) []traffic.Vector {
	start := noon.Add(time.Duration(minute) * time.Minute)
	vector := func(role traffic.Role, client string, calls int64) traffic.Vector {
		return traffic.Vector{
			Service: service, Role: role, Client: client, Start: start, TotalCalls: calls, InterAPIAccess: math.NaN(),
			DBStatements: math.NaN(), DBReturnedRows: math.NaN(), DBTime: math.NaN(), DataOut: 1.5,
			MaxAPIEndpoint: traffic.Endpoint{Method: "GET", Route: "/a,b"},
		}
	}
	return []traffic.Vector{
		vector(traffic.Total, "", 7), vector(traffic.Overflow, "", 1),
		vector(traffic.Client, "b", 2), vector(traffic.Client, "idle", 0), vector(traffic.Client, "a", 4),
	}
}

// told are the rows of a window, each as a map by column.
func told(t *testing.T, m *Maker, vectors []traffic.Vector) (rows []map[string]string) {
	t.Helper()
	names := m.Names()
	require.NoError(t, m.Rows(vectors, func(_ *traffic.Vector, row []string) error {
		require.Len(t, row, len(names))
		byName := make(map[string]string)
		for i, name := range names {
			byName[name] = row[i]
		}
		rows = append(rows, byName)
		return nil
	}))
	return rows
}

// A row has every feature, by its name, as models see it.
func TestARowHasWhatModelsSee(t *testing.T) {
	m := newMaker(false)
	vectors := window("shop", 0)
	v := vectors[4]
	rows := told(t, m, vectors)
	p := newMaker(false).Pasts().Add("shop", v.Start, []traffic.Vector{v}, nil)[0]
	for _, f := range feature.All() {
		assert.Equal(t, number(f.Of(&v, &p)), rows[0][f.Name], f.Name)
	}
}

func TestEveryFeatureIsAColumn(t *testing.T) {
	names := newMaker(false).Names()
	assert.Equal(t, []string{"window_start", "service", "client"}, names[:3])
	for _, f := range feature.Names(feature.All()) {
		assert.Contains(t, names, f)
	}
	service := newMaker(true).Names()
	assert.Equal(t, names[:len(service)], service, "a service has the columns of a window alone")
	assert.NotContains(t, service, "period_calls")
}

func TestClientsComeByNameAndTheOverflowLast(t *testing.T) {
	m := newMaker(false)
	told(t, m, window("shop", 0))
	rows := told(t, m, window("shop", 1))
	var clients []string
	for _, r := range rows {
		clients = append(clients, r["client"])
	}
	assert.Equal(t, []string{"a", "b", traffic.OverflowClient}, clients, "who did nothing has no row")
	a := rows[0]
	assert.Equal(t, "2026-03-01T12:01:00Z", a["window_start"])
	assert.Equal(t, "shop", a["service"])
	assert.Equal(t, "4", a["total_calls"])
	assert.Equal(t, "8", a["period_calls"], "with the minute before")
	assert.Equal(t, "1.5", a["data_out"])
	assert.Equal(t, "GET /a,b", a["max_api_endpoint"])
	assert.Empty(t, a["inter_api_access"], "what is absent is empty")
}

func TestAServiceHasOneRow(t *testing.T) {
	rows := told(t, newMaker(true), window("shop", 0))
	require.Len(t, rows, 1)
	assert.Equal(t, "7", rows[0]["total_calls"])
	assert.Empty(t, rows[0]["client"])
}

func TestOnlyTheServicesThatAreNamedHaveRows(t *testing.T) {
	m := newMaker(false, "shop")
	assert.Empty(t, told(t, m, window("other", 0)))
	assert.Len(t, told(t, m, window("shop", 0)), 3)
	assert.Empty(t, told(t, m, nil))
}

func TestAnErrorEndsTheRows(t *testing.T) {
	refused := errors.New("refused")
	rows := 0
	err := newMaker(false).Rows(window("shop", 0), func(*traffic.Vector, []string) error {
		rows++
		return refused
	})
	require.ErrorIs(t, err, refused)
	assert.Equal(t, 1, rows)
}

// What is written is what training reads.
func TestRowsAreReadByTraining(t *testing.T) {
	m := newMaker(false)
	var b strings.Builder
	b.WriteString(strings.Join(m.Names(), ",") + "\n")
	for _, row := range told(t, m, window("shop", 0)) {
		for i, name := range m.Names() {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + row[name] + `"`)
		}
		b.WriteByte('\n')
	}
	table, err := dataset.ReadCSV(strings.NewReader(b.String()), dataset.Options{Features: feature.Names(feature.All())})
	require.NoError(t, err)
	assert.Equal(t, 3, table.Rows())
}
