// Package modelfile reads and writes forests: Spanwarden's own JSON, which
// README.md describes for those who write it in another language, and reads the
// models of XGBoost (JSON) and LightGBM (text).
package modelfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/modelfile/lightgbm"
	"github.com/spanwarden/spanwarden/internal/modelfile/xgboost"
)

// MaxBytes of a model, unpacked. Longer ones are neither read nor written.
const MaxBytes = 256 << 20

// Load reads a model from a file, gzipped or not, in any of the formats. Errors
// name the file, the place in it and what can be done.
func Load(path string) (*forest.Forest, error) {
	data, err := readFile(path, MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("read the model: %w", err) // os names the file
	}
	f, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("read the model %s: %w", path, err)
	}
	return f, nil
}

// readFile reads a byte more than the limit of a file that is too long, which unpack
// refuses.
func readFile(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var data bytes.Buffer
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() && info.Size() <= limit {
		data.Grow(int(info.Size()) + bytes.MinRead) // so that it is not copied while it grows
	}
	if _, err := data.ReadFrom(io.LimitReader(file, limit+1)); err != nil {
		return nil, err
	}
	return data.Bytes(), nil
}

// Parse reads a model in any of the formats, gzipped or not. The forest is valid,
// see [forest.Forest.Validate].
func Parse(data []byte) (*forest.Forest, error) {
	text, err := unpack(data, MaxBytes)
	if err != nil {
		return nil, err
	}
	switch {
	case isOwn(text):
		return parseOwn(text)
	case xgboost.Is(text):
		return xgboost.Parse(text)
	case lightgbm.Is(text):
		return lightgbm.Parse(text)
	}
	return nil, unknown(text)
}

// unknown says of a text that is no model what it may be, and what is read.
func unknown(text []byte) error {
	const read = "read are Spanwarden's own JSON, XGBoost's JSON (save_model with a name that ends in .json) and " +
		"LightGBM's text (save_model), gzipped or not"
	switch {
	case len(text) == 0:
		return errors.New("it is empty: " + read)
	case bytes.HasPrefix(text, []byte{0x80}) || bytes.HasPrefix(text, []byte{0x78, 0x9c}): // the latter is joblib's zlib
		return errors.New("it looks like Python's pickle or joblib: export scikit-learn's models with " +
			"internal/modelfile/sklearn/export.py; " + read)
	}
	return errors.New("it is no model: " + read)
}
