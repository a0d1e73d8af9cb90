package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// validity is how long a token is good for, in the bank's time.
const validity = 12 * time.Hour

// claims are what a token says.
type claims struct {
	User    int64  `json:"sub"`
	Session string `json:"sid"`
	Role    string `json:"role"`
	Expires int64  `json:"exp"` // in seconds since 1970
}

// tokens signs and checks tokens: base64url(claims as JSON) "." base64url(HMAC-SHA256 of what is before the dot).
type tokens struct {
	key []byte
}

func (t tokens) sign(c claims) (string, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	payload := base64.RawURLEncoding.EncodeToString(body)
	return payload + "." + base64.RawURLEncoding.EncodeToString(t.mac(payload)), nil
}

func (t tokens) mac(payload string) []byte {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(payload))
	return mac.Sum(nil)
}

// check returns what a token says if it is genuine and good at that time.
func (t tokens) check(token string, now time.Time) (c claims, ok bool) {
	payload, signature, _ := strings.Cut(token, ".")
	mac, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(mac, t.mac(payload)) {
		return c, false
	}
	body, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || json.Unmarshal(body, &c) != nil {
		return c, false
	}
	return c, now.Unix() < c.Expires
}
