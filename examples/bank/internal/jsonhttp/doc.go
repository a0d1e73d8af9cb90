// Package jsonhttp is how the bank's services speak: JSON bodies of limited size, errors as {"error": "sentence"} also
// for unknown paths and for panics, and a client for calls from one service to another.
package jsonhttp
