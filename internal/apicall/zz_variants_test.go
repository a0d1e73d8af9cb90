package apicall

import (
	"testing"
	"math/bits"
)

var lenMask = func() (m uint64) {
	for _, n := range allNames {
		m |= 1 << len(n)
	}
	return
}()

var allNames = []string{"http.request.method", "http.method", "http.response.status_code", "http.status_code", "url.path", "http.target", "http.url", "url.full", "http.route", "client.address", "http.client_ip", "http.request.header.x-forwarded-for", "http.request.header.x_forwarded_for", "network.peer.address", "net.sock.peer.addr", "net.peer.ip", "http.response.body.size", "http.response_content_length", "http.response.header.content-length", "http.response.header.content_length", "user_agent.original", "http.user_agent"}

type hslot struct {
	name string
	s    slot
}

var htab [128]hslot
var hmul uint32

func hashKey(k string, mul uint32) uint32 {
	n := len(k)
	h := uint32(k[n-1]) | uint32(k[n-4])<<8 | uint32(n)<<16 | uint32(k[5])<<24
	return h * mul >> 25
}

func init() {
	for mul := uint32(0x9E3779B1); ; mul += 2 {
		var t [128]hslot
		ok := true
		for _, n := range allNames {
			h := hashKey(n, mul)
			if t[h].name != "" {
				ok = false
				break
			}
			t[h] = hslot{n, slotOf(n)}
		}
		if ok {
			htab, hmul = t, mul
			break
		}
	}
	_ = bits.Len
}

func slotHash(k string) slot {
	if len(k) < 8 || len(k) > 35 {
		return noSlot
	}
	e := &htab[hashKey(k, hmul)]
	if e.name == k {
		return e.s
	}
	return noSlot
}

func slotMask(k string) slot {
	if lenMask>>uint(len(k))&1 == 0 {
		return noSlot
	}
	return slotOf(k)
}

func slotManual(k string) slot {
	switch len(k) {
	case 8:
		switch k {
		case "url.path":
			return urlPath
		case "http.url":
			return oldURL
		case "url.full":
			return urlFull
		}
	case 10:
		if k == "http.route" {
			return route
		}
	case 11:
		switch k {
		case "http.method":
			return oldMethod
		case "http.target":
			return oldTarget
		case "net.peer.ip":
			return oldPeerIP
		}
	case 14:
		switch k {
		case "client.address":
			return clientAddress
		case "http.client_ip":
			return oldClientIP
		}
	case 15:
		if k == "http.user_agent" {
			return oldUserAgent
		}
	case 16:
		if k == "http.status_code" {
			return oldStatusCode
		}
	case 18:
		if k == "net.sock.peer.addr" {
			return oldSockPeer
		}
	case 19:
		switch k {
		case "http.request.method":
			return requestMethod
		case "user_agent.original":
			return userAgent
		}
	case 20:
		if k == "network.peer.address" {
			return peerAddress
		}
	case 23:
		if k == "http.response.body.size" {
			return bodySize
		}
	case 25:
		if k == "http.response.status_code" {
			return statusCode
		}
	case 28:
		if k == "http.response_content_length" {
			return oldContentLength
		}
	case 35:
		switch k {
		case "http.request.header.x-forwarded-for":
			return forwardedFor
		case "http.request.header.x_forwarded_for":
			return oldForwardedFor
		case "http.response.header.content-length":
			return contentLengthHeader
		case "http.response.header.content_length":
			return oldContentLengthHeader
		}
	}
	return noSlot
}

func BenchmarkZZ(b *testing.B) {
	spans := makeSpans(b, spanBatches[0].add)
	run := func(name string, f func(k string) slot) {
		b.Run(name, func(b *testing.B) {
			i := 0
			for b.Loop() {
				n := 0
				for k := range spans[i].Attributes().All() {
					if f(k) != noSlot {
						n++
					}
				}
				_ = n
				if i++; i == len(spans) {
					i = 0
				}
			}
		})
	}
	run("none", func(k string) slot { return slot(len(k)) })
	run("switch", slotOf)
	run("mask", slotMask)
	run("hash", slotHash)
	run("manual", slotManual)
}
