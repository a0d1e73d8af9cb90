package anomaly

import "go.opentelemetry.io/collector/pdata/plog"

// Severity is how bad it is, in the words of OpenTelemetry's log data model.
type Severity string

const (
	// Info is the end of an alarm.
	Info Severity = "INFO"
	// Warn is traffic that looks wrong.
	Warn Severity = "WARN"
	// Error is a service that is going down, or a rule that was broken.
	Error Severity = "ERROR"
)

// Severity follows from the event's state and kind.
func (e *Event) Severity() Severity {
	switch {
	case e.State == Ended:
		return Info
	case e.Kind == DoS, e.Kind == Invariant:
		return Error
	default:
		return Warn
	}
}

// Number returns the severity's number.
func (s Severity) Number() plog.SeverityNumber {
	switch s {
	case Info:
		return plog.SeverityNumberInfo
	case Error:
		return plog.SeverityNumberError
	default:
		return plog.SeverityNumberWarn
	}
}
