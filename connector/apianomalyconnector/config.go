package apianomalyconnector

import (
	"fmt"
	"time"
)

const minFlushInterval = 100 * time.Millisecond

// validateMetricsFlushInterval is called by the generated Config.Validate; the schema has no bounds for durations.
func validateMetricsFlushInterval(interval time.Duration) error {
	if interval < minFlushInterval {
		return fmt.Errorf("metrics_flush_interval is %s: set it to %s or more, such as 60s", interval, minFlushInterval)
	}
	return nil
}
