package apicall

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A name is in its slot, and anything that differs from it in one byte or in length is in none.
func TestSlotOf(t *testing.T) {
	names := [slots]string{
		requestMethod:          "http.request.method",
		oldMethod:              "http.method",
		statusCode:             "http.response.status_code",
		oldStatusCode:          "http.status_code",
		urlPath:                "url.path",
		oldTarget:              "http.target",
		oldURL:                 "http.url",
		urlFull:                "url.full",
		route:                  "http.route",
		clientAddress:          "client.address",
		oldClientIP:            "http.client_ip",
		forwardedFor:           "http.request.header.x-forwarded-for",
		oldForwardedFor:        "http.request.header.x_forwarded_for",
		peerAddress:            "network.peer.address",
		oldSockPeer:            "net.sock.peer.addr",
		oldPeerIP:              "net.peer.ip",
		bodySize:               "http.response.body.size",
		oldContentLength:       "http.response_content_length",
		contentLengthHeader:    "http.response.header.content-length",
		oldContentLengthHeader: "http.response.header.content_length",
		userAgent:              "user_agent.original",
		oldUserAgent:           "http.user_agent",
	}
	for want, name := range names {
		assert.Equal(t, slot(want), slotOf(name), name)
		assert.Equal(t, noSlot, slotOf(name+"x"))
		assert.Equal(t, noSlot, slotOf(name[1:]))
		for i := range len(name) {
			changed := []byte(name)
			changed[i] = '#'
			assert.Equal(t, noSlot, slotOf(string(changed)))
		}
	}
	assert.Equal(t, noSlot, slotOf(""))
}
