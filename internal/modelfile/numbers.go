package modelfile

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// integer reads a whole number from 0 to most.
func (s *scanner) integer(most int) (int, error) {
	n, err := s.whole()
	if err == nil && (n < 0 || n > int64(most)) {
		err = fmt.Errorf("%d: it must be from 0 to %d", n, most)
	}
	return int(n), err
}

// whole reads a whole number.
func (s *scanner) whole() (int64, error) {
	text, err := s.number()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: not a whole number, or too large", clip(string(text)))
	}
	return n, nil
}

// float reads a float64.
func (s *scanner) float() (float64, error) {
	text, err := s.number()
	if err != nil {
		return 0, err
	}
	x, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return 0, fmt.Errorf("%s: too large for a float64", clip(string(text)))
	}
	return x, nil
}

// How an infinite threshold is written: JSON has no word for it, but whoever reads
// such a number as a float gets infinity.
const (
	infinity    = "1e999"
	negInfinity = "-1e999"
)

// threshold reads a float32.
func (s *scanner) threshold() (float32, error) {
	text, err := s.number()
	if err != nil {
		return 0, err
	}
	x, err := strconv.ParseFloat(string(text), 32)
	if err != nil && string(text) != infinity && string(text) != negInfinity {
		return 0, fmt.Errorf("%s: too large for a float32: take %g or, so that it is above infinite values as well, %s",
			clip(string(text)), float32(math.MaxFloat32), infinity)
	}
	return float32(x), nil
}

// index reads an int32.
func (s *scanner) index() (int32, error) {
	n, err := s.whole()
	if err == nil && int64(int32(n)) != n {
		err = fmt.Errorf("%d: too large", n)
	}
	return int32(n), err
}

// column reads an array of at most so many numbers. It makes room for them once
// they are counted.
func column[T any](s *scanner, most int, read func() (T, error)) ([]T, error) {
	start := s.at
	text, err := s.value()
	if err != nil {
		return nil, err
	}
	n := count(text)
	if n > most {
		return nil, fmt.Errorf("more than %d numbers", most)
	}
	s.at = start
	list := make([]T, 0, n)
	err = s.array(func(i int) error {
		x, err := read()
		list = append(list, x)
		return element(i, err)
	})
	return list, err
}

// count says how many elements an array of numbers has that is written like that.
func count(numbers []byte) int {
	if s := (scanner{text: numbers}); s.take('[') && s.next() == ']' {
		return 0
	}
	return bytes.Count(numbers, []byte{','}) + 1
}
