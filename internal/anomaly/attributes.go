package anomaly

// Attributes of an anomaly span and of an anomaly log record; both carry the same ones. An attribute whose value does
// not apply or is not known is absent, and no attribute is ever NaN or infinite.
const (
	// AttrID is the finding's id, 32 hexadecimal digits, see [Event.ID].
	AttrID = "anomaly.id"
	// AttrKind is traffic, dos, low_rate or invariant. Tail sampling can keep every span that has it.
	AttrKind = "anomaly.kind"
	// AttrDetector names the detector, such as dos_factor or low_rate.
	AttrDetector = "anomaly.detector"
	// AttrScore is the detector's score, a double; scales differ between detectors.
	AttrScore = "anomaly.score"
	// AttrState is begun, ongoing or ended; a broken invariant has none.
	AttrState = "anomaly.state"
	// AttrSeverity is INFO, WARN or ERROR.
	AttrSeverity = "anomaly.severity"
	// AttrExplanation is the long text: values, usual ranges, what dropped out of a formula.
	AttrExplanation = "anomaly.explanation"
	// AttrExpression is the part of the rule that was false, as it was written.
	AttrExpression = "anomaly.expression"
	// AttrSuppressed is how many violations of the same rule by the same client were held back since the last one that
	// was reported, an int; absent when there were none.
	AttrSuppressed = "anomaly.suppressed_count"
	// AttrBegun is the alarm's begin, RFC 3339; it is the same in all reports of one alarm.
	AttrBegun = "anomaly.begun"
	// AttrWindowStart and AttrWindowEnd bound the window that was judged, RFC 3339.
	AttrWindowStart = "anomaly.window.start"
	AttrWindowEnd   = "anomaly.window.end"
	// AttrClients and AttrEndpoints list who and what had the most calls, largest first, as "name (calls)".
	AttrClients   = "anomaly.clients"
	AttrEndpoints = "anomaly.endpoints"
	// AttrTraces lists trace ids of exemplary traces in hexadecimal. Only log records have it: a span has links.
	AttrTraces = "anomaly.traces"

	// AttrValuePrefix and the path of a field that the rule read, such as req.body.accountId, make the attribute that
	// holds what the field held, a text.
	AttrValuePrefix = "anomaly.value."

	// AttrFeaturePrefix and a feature's name make the attribute that holds the feature's value, a double. With one of
	// the suffixes behind it, it holds the unit (UCUM), the usual range and the contribution to the score.
	AttrFeaturePrefix      = "anomaly.feature."
	AttrSuffixUnit         = ".unit"
	AttrSuffixUsualLow     = ".usual_low"
	AttrSuffixUsualHigh    = ".usual_high"
	AttrSuffixContribution = ".contribution"
)

// Attributes that the semantic conventions define. On a span or record they describe the offender; the resource's own
// service.name is always [ServiceName].
const (
	// AttrServiceName is the service that was called.
	AttrServiceName = "service.name"
	// AttrMethod is the request method, or _OTHER for one that HTTP does not know.
	AttrMethod = "http.request.method"
	// AttrMethodOriginal is the method as sent, where AttrMethod is _OTHER.
	AttrMethodOriginal = "http.request.method_original"
	// AttrRoute is the route template of the endpoint.
	AttrRoute = "http.route"
	// AttrClient is the client's address, or whatever else clients are grouped by.
	AttrClient = "client.address"
	// AttrRuleName is the rule that was broken, or the detector's rule.
	AttrRuleName = "security_rule.name"
	// AttrRuleCategory is the sort of rule in words.
	AttrRuleCategory = "security_rule.category"
	// AttrRulesetName is always [ServiceName].
	AttrRulesetName = "security_rule.ruleset.name"
)

const (
	// EventName is the event name of every anomaly log record.
	EventName = "spanwarden.anomaly"
	// ServiceName is the service.name of the resource that anomalies are emitted under.
	ServiceName = "spanwarden"
)
