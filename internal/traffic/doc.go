// Package traffic keeps event-time windows of API traffic and turns each
// closed window into feature vectors: one for the service, one for each of its
// clients, and one for the overflow entity that stands for the clients beyond
// the cap.
//
// The features are those of API-TAD ("API Traffic Anomaly Detection in
// Microservice Architecture", section III), over all methods:
//
//	inter_api_access   median of the differences between consecutive request times, s
//	api_access_unique  distinct endpoints / total calls, 1
//	total_calls        calls, 1
//	max_api_call       largest number of calls to one endpoint, 1
//	data_out           sum of response sizes, By
//	num_failed         responses with status 4xx, 1
//
// Data flows one way. Service.Add files calls into panes (open windows) under
// the service's lock. The watermark, the largest event time seen but never
// later than the wall clock, closes panes after the allowed lateness; a closed
// pane is detached and sent on Tracker.Closed as a Window, whose vectors are
// computed by whoever receives it, off the path of the spans.
//
// All state is bounded: services, clients, endpoints, timestamps, pairs of
// client and endpoint, and windows waiting to be judged.
package traffic
