package apibaselineexporter

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/featurerow"
	"github.com/spanwarden/spanwarden/internal/ignore"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/keyed"
	"github.com/spanwarden/spanwarden/internal/sqltext"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

var _ component.Config = (*Config)(nil)

// settings are a Config made ready for the packages that do the work.
type settings struct {
	calls   *apicall.Reader
	details *invariant.Reader
	ignore  ignore.List
	tree    calltree.Settings
	order   orderSettings
	period  period
	windows traffic.Settings
	rows    featurerow.Settings
	file    rowFileSettings
}

const (
	leastSettle = 50 * time.Millisecond
	mostSettle  = time.Hour
	mostBody    = 16 << 20
	leastWrite  = time.Second
	mostWrite   = 24 * time.Hour
	leastFile   = 64 << 10
	mostBackups = 1000
	mostTraces  = 1 << 24
	leastBytes  = 1 << 20

	statementBytes = 4 << 10 // of a remembered statement, on the average
)

// Validate refuses settings that cannot work, naming the key and the mend. It is written by hand since the default
// settings, which write nothing, are refused as well.
func (c *Config) Validate() error {
	_, err := c.compile()
	return err
}

// compile turns the configuration into settings, once at the start.
func (c *Config) compile() (*settings, error) {
	var errs []error
	under := func(key string, err error) { errs = append(errs, keyed.Errors(key, err)) }
	s := &settings{
		tree:    c.treeSettings(),
		order:   orderSettings{settle: int64(c.Settle), traces: c.Limits.MaxTraces, bytes: c.Limits.MaxBytes / 2},
		windows: c.Windows.traffic(),
		rows: featurerow.Settings{
			Services: c.Windows.EntryServices, Window: c.Windows.Window, Period: c.Windows.Period, MaxClients: c.Windows.MaxClients,
		},
		file: rowFileSettings{path: c.Features, maxBytes: c.Windows.MaxFileBytes, backups: c.Windows.MaxBackups},
	}
	under("", c.validateFiles())
	under("", c.validateOwn())
	under("limits", c.Limits.validate())
	if c.Settle >= leastSettle && c.Settle <= mostSettle && c.Limits.MaxBytes >= leastBytes {
		under("limits", s.tree.Validate())
	}
	if c.Features != "" {
		under("windows", c.Windows.validate(&s.windows))
	}
	_, err := baseline.New(c.Learn.learning())
	under("learn", err)
	s.period, err = c.Learn.compile()
	under("learn", err)
	trusted, err := apicall.Prefixes("trusted_proxies", c.TrustedProxies)
	under("", err)
	s.calls, err = apicall.NewReader(apicall.Settings{ClientKey: c.ClientKey, TrustedProxies: trusted})
	under("client_key", err)
	s.ignore, err = ignore.New(c.Ignore.Clients, c.Ignore.Routes, c.Ignore.UserAgents)
	under("ignore", err)
	s.details, err = c.details()
	under("", err)
	return s, errors.Join(errs...)
}

// rules tells whether invariants are learned, and not only feature rows.
func (c *Config) rules() bool { return c.Invariants != "" || c.References != "" || c.Report != "" }

func (c *Config) treeSettings() calltree.Settings {
	s := calltree.DefaultSettings()
	s.Settle, s.MaxWait = c.Settle, c.Limits.MaxWait
	s.MaxTraces, s.MaxSpansPerTrace, s.MaxBytes = c.Limits.MaxTraces, c.Limits.MaxSpansPerTrace, c.Limits.MaxBytes/2
	return s
}

// details makes the reader of whole calls. No names are none: the defaults stand in the configuration.
func (c *Config) details() (*invariant.Reader, error) {
	names := apicall.BodyNames{
		Request:  append([]string{}, c.RequestBodyAttributes...),
		Response: append([]string{}, c.ResponseBodyAttributes...),
	}
	statements := max(c.Limits.MaxStatements, 1)
	return invariant.NewReader(names, c.MaxBodyBytes, sqltext.NewCache(statements, statements*statementBytes))
}

func (c *Config) validateOwn() error {
	var errs []error
	tell := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.WriteInterval < leastWrite || c.WriteInterval > mostWrite {
		tell("write_interval is %v: use a value from %v to %v", c.WriteInterval, leastWrite, mostWrite)
	}
	if c.Storage != (component.ID{}) && c.SaveInterval < time.Second {
		tell("save_interval is %v: use a value of at least 1s", c.SaveInterval)
	}
	if c.Settle < leastSettle || c.Settle > mostSettle {
		tell("settle is %v: use a value from %v to %v", c.Settle, leastSettle, mostSettle)
	}
	if len(c.ClientKey) == 0 {
		tell("client_key is empty: name at least one attribute, such as client.address")
	}
	if c.MaxBodyBytes < 1 || c.MaxBodyBytes > mostBody {
		tell("max_body_bytes is %d: use a value from 1 to %d", c.MaxBodyBytes, mostBody)
	}
	return errors.Join(errs...)
}

// compile reads for how long is learned.
func (c *LearnConfig) compile() (period, error) {
	var errs []error
	p := period{length: int64(c.Period)}
	if c.Period < 0 {
		errs = append(errs, fmt.Errorf("period is %v: use a value of at least 0s, which is for ever", c.Period))
	}
	if !c.Until.IsZero() {
		p.until = c.Until.UnixNano()
		if year := c.Until.UTC().Year(); year < 1970 || year > 2261 {
			errs = append(errs, fmt.Errorf("until is %s: use a time between 1970 and 2261", c.Until.Format(time.RFC3339)))
		}
	}
	return p, errors.Join(errs...)
}

// validate checks the limits but those of the call tree, which has its own say.
func (c *LimitsConfig) validate() error {
	var errs []error
	tell := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.MaxStatements < 1 || c.MaxStatements > 1<<24 {
		tell("max_statements is %d: use a value from 1 to %d", c.MaxStatements, 1<<24)
	}
	if c.MaxTraces > mostTraces {
		tell("max_traces is %d: use a value from 1 to %d", c.MaxTraces, mostTraces)
	}
	if c.MaxBytes < leastBytes {
		tell("max_bytes is %d: use a value of at least %d", c.MaxBytes, leastBytes)
	}
	return errors.Join(errs...)
}

// traffic are the settings of the windows. Whoever waits for the rows to be written waits a millisecond at most.
func (c *WindowsConfig) traffic() traffic.Settings {
	s := traffic.DefaultSettings()
	s.Window, s.Lateness, s.Patience = c.Window, c.AllowedLateness, time.Millisecond
	s.MaxServices, s.MaxClients = c.MaxServices, c.MaxClients
	return s
}

func (c *WindowsConfig) validate(s *traffic.Settings) error {
	errs := []error{s.ValidateTimes(), s.ValidateLimits()}
	tell := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Window >= time.Second && (c.Period < c.Window || c.Period > trail.MaxWindows*c.Window) {
		tell("period is %v: use a value from window, which is %v, to %v", c.Period, c.Window, trail.MaxWindows*c.Window)
	}
	if c.MaxFileBytes < leastFile {
		tell("max_file_bytes is %d: use a value of at least %d", c.MaxFileBytes, leastFile)
	}
	if c.MaxBackups < 0 || c.MaxBackups > mostBackups {
		tell("max_backups is %d: use a value from 0 to %d", c.MaxBackups, mostBackups)
	}
	return errors.Join(errs...)
}

// output is a file that is written, with its key in the configuration.
type output struct{ key, path string }

// outputs are the files that are written, in the order in which they are.
func (c *Config) outputs() (list []output) {
	for _, o := range []output{{"references", c.References}, {"invariants", c.Invariants}, {"report", c.Report}, {"features", c.Features}} {
		if o.path != "" {
			list = append(list, o)
		}
	}
	return list
}

func (c *Config) validateFiles() error {
	outputs := c.outputs()
	if len(outputs) == 0 {
		return errors.New("nothing would be written: give the path of a file under invariants, references, report or features")
	}
	var errs []error
	taken := make(map[string]string) // key by file
	for _, o := range outputs {
		if err := checkFolder(o.path); err != nil {
			errs = append(errs, keyed.Errors(o.key, err))
			continue
		}
		file := sameName(o.path)
		if other := taken[file]; other != "" {
			errs = append(errs, fmt.Errorf("%s and %s both name %s: give each a file of its own", other, o.key, o.path))
		}
		taken[file] = o.key
	}
	return errors.Join(errs...)
}

// checkFolder tells why there can be no file of that path.
func checkFolder(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file: name one", path)
	}
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("the folder %s is not there: make it", folder)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is no folder: name a file in one", folder)
	}
	return nil
}

// sameName is one and the same for all paths that lead to a file.
func sameName(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	} else if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(folder, filepath.Base(path))
	}
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return filepath.Clean(path)
}

// commonFile is a file that both write, "" if there is none.
func commonFile(a, b *Config) string {
	others := make([]string, 0, 4)
	for _, o := range b.outputs() {
		others = append(others, sameName(o.path))
	}
	for _, o := range a.outputs() {
		if slices.Contains(others, sameName(o.path)) {
			return o.path
		}
	}
	return ""
}
