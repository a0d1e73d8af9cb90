package apitrafficprocessor

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/spanwarden/spanwarden/internal/alarm"
	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/changepoint"
	"github.com/spanwarden/spanwarden/internal/classifier"
	"github.com/spanwarden/spanwarden/internal/dos"
	"github.com/spanwarden/spanwarden/internal/ensemble"
	"github.com/spanwarden/spanwarden/internal/generalised"
	"github.com/spanwarden/spanwarden/internal/ignore"
	"github.com/spanwarden/spanwarden/internal/isolation"
	"github.com/spanwarden/spanwarden/internal/keyed"
	"github.com/spanwarden/spanwarden/internal/lowrate"
	"github.com/spanwarden/spanwarden/internal/outbox"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

var _ component.Config = (*Config)(nil)

// settings are a Config made ready for the packages that do the work.
type settings struct {
	traffic     traffic.Settings
	reader      *apicall.Reader
	dos         dos.Settings
	lowRate     lowrate.Settings
	isolation   isolation.Settings
	application classifier.Settings
	generalised generalised.Settings
	models      models
	alarm       alarm.Settings
	ignore      ignore.List
	judged      judged
	lookBack    int // windows that a detector looks back
}

var errModelOff = errors.New("model is set, but the detector is off: set enabled to true or leave the model out")

// validateConfig refuses settings that cannot work, naming the key and the mend.
func validateConfig(c *Config) error {
	_, err := c.compile()
	return err
}

// compile turns the configuration into settings, once at the start.
func (c *Config) compile() (*settings, error) {
	var errs []error
	under := func(key string, err error) { errs = append(errs, keyed.Errors(key, err)) }
	s := &settings{
		traffic: traffic.Settings{
			Window: c.Window, Lateness: c.AllowedLateness, Patience: traffic.DefaultSettings().Patience,
			MaxServices: c.Limits.MaxServices, MaxClients: c.Limits.MaxClients,
			MaxEndpoints: c.Limits.MaxEndpointsPerService, MaxClientEndpoints: c.Limits.MaxClientEndpoints,
			MaxTimestamps: c.Limits.MaxTimestamps, MaxTimestampsPerClient: c.Limits.MaxTimestampsPerClient,
		},
		alarm: alarm.Settings{
			OngoingEvery: c.Alarm.OngoingEvery, EndAfter: c.Alarm.EndAfter, CoolDown: c.Alarm.CoolDown,
			MaxAlarms: c.Alarm.MaxAlarms, MaxPerWindow: c.Alarm.MaxPerWindow,
		},
		lowRate: lowrate.Settings{
			Rule: lowrate.Rule(c.LowRate.Rule), Period: c.LowRate.Period, MinRequests: c.LowRate.MinRequests,
			MinWindows: c.LowRate.MinWindows, MinFailedRatio: c.LowRate.MinFailedRatio,
			SteadyRatio: c.LowRate.SteadyRatio, MaxPerWindow: c.LowRate.MaxRequestsPerWindow, MaxEndpoints: c.LowRate.MaxEndpoints,
		},
	}
	s.isolation = c.IsolationForest.settings()
	s.application = c.ApplicationForest.settings()
	s.generalised = c.GeneralisedForest.settings()
	under("", s.traffic.ValidateTimes())
	under("limits", s.traffic.ValidateLimits())
	under("alarm", s.alarm.Validate())
	if c.Window > 0 && c.LowRate.Enabled {
		under("low_rate", s.lowRate.Validate(c.Window))
	} else if c.Window > 0 { // the forests look back over its period
		under("low_rate", s.lowRate.ValidatePeriod(c.Window))
	}
	under("", c.validateOwn())
	if c.IsolationForest.Enabled {
		under("isolation_forest", s.isolation.Validate())
	} else if c.IsolationForest.Model != "" {
		under("isolation_forest", errModelOff)
	}
	if c.ApplicationForest.Model != "" {
		under("application_forest", s.application.Validate())
	}
	if c.GeneralisedForest.Enabled && c.Window > 0 {
		under("generalised_forest", s.generalised.Validate(c.Window))
	} else if !c.GeneralisedForest.Enabled && c.GeneralisedForest.Model != "" {
		under("generalised_forest", errModelOff)
	}
	s.models = c.loadModels(under)

	trusted, err := apicall.Prefixes("trusted_proxies", c.TrustedProxies)
	under("", err)
	s.reader, err = apicall.NewReader(apicall.Settings{ClientKey: c.ClientKey, TrustedProxies: trusted})
	under("client_key", err)
	s.judged.internal, err = apicall.Prefixes("internal_clients", c.InternalClients)
	under("", err)
	s.judged.setEntries(c.EntryServices)
	s.ignore, err = ignore.New(c.Ignore.Clients, c.Ignore.Routes, c.Ignore.UserAgents)
	under("ignore", err)
	s.dos, err = c.Dos.settings()
	if c.Dos.Enabled {
		under("dos", err)
		under("dos", s.dos.Validate())
	}
	s.lookBack = max(s.dos.Windows, c.Alarm.EndAfter+1)
	if c.Window > 0 { // alarms of forests go on for a while in a service that is silent
		s.lookBack = max(s.lookBack, ensemble.Hold(c.Window)+1)
		if c.GeneralisedForest.Enabled {
			s.lookBack = max(s.lookBack, min(100, int(c.GeneralisedForest.IdleTimeout/c.Window)+2))
		}
	}
	s.judged.limit = c.Limits.MaxServices + 1 // one for those that share a place
	return s, errors.Join(errs...)
}

func (c *Config) validateOwn() error {
	var errs []error
	if c.QueueSize < 1 || c.QueueSize > outbox.MaxSize {
		errs = append(errs, fmt.Errorf("queue_size is %d: use a value from 1 to %d", c.QueueSize, outbox.MaxSize))
	}
	if c.Storage != (component.ID{}) && c.SaveInterval < time.Second {
		errs = append(errs, fmt.Errorf("save_interval is %v: use a value of at least 1s", c.SaveInterval))
	}
	if c.ModelReloadInterval < time.Second {
		errs = append(errs, fmt.Errorf("model_reload_interval is %v: use a value of at least 1s", c.ModelReloadInterval))
	}
	if n := c.IsolationForest.MaxServices; c.IsolationForest.Enabled && (n < 1 || n > 1000) {
		errs = append(errs, fmt.Errorf("isolation_forest: max_services is %d: use a value from 1 to 1000", n))
	}
	if len(c.ClientKey) == 0 {
		errs = append(errs, errors.New("client_key is empty: name at least one attribute, such as client.address"))
	}
	return errors.Join(errs...)
}

func (c IsolationForestConfig) settings() isolation.Settings {
	return isolation.Settings{
		Features: c.Features, Trees: c.Trees, SampleSize: c.SampleSize, Reservoir: c.Reservoir, Memory: c.Memory, Share: c.Share,
		WarmUp: c.WarmUp, MinSample: c.MinSample, MinClients: c.MinClients, Retrain: c.Retrain,
		Threshold: c.Threshold, Margin: c.Margin, Ratio: c.Ratio, Windows: c.Windows, Of: c.Of,
	}
}

func (c ApplicationForestConfig) settings() classifier.Settings {
	return classifier.Settings{Threshold: c.Threshold, WarmUp: c.WarmUp, Windows: c.Windows, Of: c.Of}
}

func (c GeneralisedForestConfig) settings() generalised.Settings {
	return generalised.Settings{IdleTimeout: c.IdleTimeout, MinCalls: c.MinCalls, Threshold: c.Threshold}
}

func (c DosConfig) settings() (dos.Settings, error) {
	cost, err := changepoint.ParseCost(c.Cost)
	if err == nil && cost != changepoint.L2 && cost != changepoint.Normal {
		err = fmt.Errorf("cost is %q: use l2 or normal", c.Cost)
	}
	return dos.Settings{
		Windows: c.Windows, WarmUp: c.WarmUp, Cost: cost, Penalty: c.Penalty, MinSize: c.MinSize,
		MinCalls: c.MinCalls, Drop: c.Drop,
		SurgeMinCalls: c.Surge.MinCalls, SurgeRatio: c.Surge.Ratio, SurgeHistory: c.Surge.HistoryRatio, History: c.Surge.History,
	}, err
}
