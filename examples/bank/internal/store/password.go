package store

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"
)

// iterations are few because this is a test bed, in which thousands log in within seconds; a real bank takes 600000.
const iterations = 100

// hashPassword returns what the users table keeps of a password: salt and hash.
func hashPassword(password string, salt []byte) (string, error) {
	hash, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hex.EncodeToString(salt) + "$" + hex.EncodeToString(hash), nil
}

// noPassword is kept for users who cannot log in. It takes as long as any other to compare.
const noPassword = "00$"

// PasswordMatches reports whether a password is the one of which hash is kept. An unknown user has the hash "", which
// matches none and takes as long as any other.
func PasswordMatches(hash, password string) bool {
	text, _, _ := strings.Cut(hash, "$")
	salt, err := hex.DecodeString(text)
	if err != nil {
		return false
	}
	computed, err := hashPassword(password, salt)
	return err == nil && subtle.ConstantTimeCompare([]byte(computed), []byte(hash)) == 1
}
