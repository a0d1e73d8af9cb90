package apianomalyconnector

import (
	"github.com/google/uuid"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pipeline"
)

const (
	attrSource      = "anomaly.source"
	attrInstanceID  = "collector.instance.id" // as span_metrics names it
	attrComponentID = "otelcol.component.id"

	resourceInstanceID = "service.instance.id"
)

// identity is what tells the series of one connector from those of every other that writes to the same store. It is
// made of data point attributes, because not every exporter keeps those of the resource.
type identity struct {
	source      pipeline.Signal // traces or logs
	instanceID  string          // of the Collector
	componentID string          // of the connector, empty unless it has a name of its own
	version     string
}

func newIdentity(set connector.Settings, source pipeline.Signal) identity {
	id := identity{source: source, instanceID: instanceID(set), version: set.BuildInfo.Version}
	if set.ID.Name() != "" {
		id.componentID = set.ID.String()
	}
	return id
}

// instanceID is that of the Collector's own telemetry. Users can configure that away, and then it is made up: two
// Collectors must never write to one series.
func instanceID(set connector.Settings) string {
	if v, ok := set.Resource.Attributes().Get(resourceInstanceID); ok && v.AsString() != "" {
		return v.AsString()
	}
	return uuid.NewString()
}

func (id identity) putOwnAttributes(attrs pcommon.Map) {
	attrs.PutStr(attrSource, id.source.String())
	attrs.PutStr(attrInstanceID, id.instanceID)
	putUnlessEmpty(attrs, attrComponentID, id.componentID)
}
