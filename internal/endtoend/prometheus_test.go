package endtoend

import (
	"fmt"
	"net/http"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// scrape reads the Prometheus text endpoint of the given port: c.metrics for the metrics of anomalies, c.telemetry for
// the Collector's own. The families are keyed by name.
func (c *collector) scrape(port int) (map[string]*dto.MetricFamily, error) {
	response, err := c.http.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics", port))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("scraping port %d: %s", port, response.Status)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(response.Body)
}

// sum adds up the values of a counter's or gauge's series that carry all the labels given as name, value, name, value.
// A family that is absent sums to 0.
func sum(family *dto.MetricFamily, labels ...string) float64 {
	var total float64
	for _, metric := range family.GetMetric() {
		if hasLabels(metric, labels) {
			total += metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + metric.GetUntyped().GetValue()
		}
	}
	return total
}

func hasLabels(metric *dto.Metric, labels []string) bool {
	values := map[string]string{}
	for _, label := range metric.GetLabel() {
		values[label.GetName()] = label.GetValue()
	}
	for i := 0; i+1 < len(labels); i += 2 {
		if value, ok := values[labels[i]]; !ok || value != labels[i+1] {
			return false
		}
	}
	return true
}
