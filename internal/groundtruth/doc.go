// Package groundtruth judges what was found by what really happened.
//
// Whoever plays attacks writes down each of their calls, as a [Call]. The anomalies that were found are read from the
// records of the api_anomaly connector, as a [Finding] each. [Judge] puts the two together: which attacks were found, by
// which detector and after how long, which were missed, and which alarms were false.
//
// # Which finding belongs to which attack
//
// An attack has made a call in a finding's window if it sent one before the window's end and no earlier than
// [Options].Lateness before its start. A call is filed under the time at which its server began with it, which is later
// than it was sent but never earlier, so there is no such margin at the end: an alarm about the window before an attack
// is not credited to it.
//
//  1. Trace. A finding whose record is in the trace of a labelled call belongs to that call's attack, and so does one
//     that names the trace as an example. A broken invariant condemns one call: it belongs to that call's attack or to
//     none, whatever else it names.
//  2. Client. A finding about a client belongs to all attacks of that address that have made calls from it in the window.
//     A finding without client.address is about those of anomaly.clients that made at least [Options].Share of the calls
//     of all that are named.
//  3. Service. A dos finding that neither of these explains, and that is not about a client, belongs to the attack with
//     the most calls in the window among those that dos is expected to find: calls between services have no client, or
//     that of a sibling. If it names outside clients, none of which is an attacker's, then the attack must have made at
//     least half of the calls that the finding counts.
//  4. Otherwise it is a false alarm.
//
// A dos finding is a verdict on a service as a whole: its examples are anybody's calls, and a few calls are enough to be
// named in a quiet service. So wherever one that is not about a client counts the window's calls (the feature
// total_calls), an attack must have made at least [Options].Share of them.
//
// A finding whose window ended before an attack's first call never belongs to that attack. A finding of a kind that the
// attack does not expect counts all the same, and is shown as such.
//
// # Alarms
//
// An alarm is judged once, by the report with which it begins. That it goes on or has ended is told by further reports
// of the same kind, detector, service, client and begin; they belong to what the first one belongs to. Where the first
// one is missing, the earliest of the others stands for the alarm. A record that comes twice, by its id, counts once.
package groundtruth
