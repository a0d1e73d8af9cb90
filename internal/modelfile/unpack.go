package modelfile

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// unpack returns what is gzipped unzipped, anything else as it is, at most so
// many bytes.
func unpack(data []byte, limit int) ([]byte, error) {
	tooLong := fmt.Errorf("it has more than %d MiB unpacked, the most that is read: grow fewer or smaller trees", limit>>20)
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		if len(data) > limit {
			return nil, tooLong
		}
		return data, nil
	}
	in, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, badGzip(err)
	}
	text, err := io.ReadAll(io.LimitReader(in, int64(limit)+1))
	switch {
	case len(text) > limit:
		return nil, tooLong
	case err != nil:
		return nil, badGzip(err)
	}
	return text, nil
}

func badGzip(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the gzipped model is cut short: copy or write it again")
	}
	return fmt.Errorf("it begins like gzip but cannot be unzipped (%w): copy or write it again", err)
}
