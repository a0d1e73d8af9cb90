package modelfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// What marks a file as Spanwarden's own.
const (
	formatName = "spanwarden.forest"
	version    = 1
	sumPrefix  = "sha256:"
)

// maxWord bytes have the texts that are one of a few, and checksums.
const maxWord = 256

// MaxOrigin is how many bytes a forest's Origin has at most in a file.
const MaxOrigin = 1024

// errOrigin is what both the reader and the writer say of a longer one.
var errOrigin = fmt.Errorf("longer than %d bytes: say in fewer words what the forest was trained on", MaxOrigin)

// isOwn looks for the name of the format, wherever in the outermost object it is.
func isOwn(text []byte) bool {
	s := scanner{text: text}
	found := false
	done := errors.New("found")
	_ = s.object(func(key string) error {
		if key != "format" {
			_, err := s.value()
			return err
		}
		name, err := s.string(maxWord)
		found = err == nil && name == formatName
		return done
	})
	return found
}

// envelope is the outermost object.
type envelope struct {
	version  int
	checksum string
	forest   []byte // as it is written
}

// parseOwn reads Spanwarden's own format.
func parseOwn(text []byte) (*forest.Forest, error) {
	e, err := open(text)
	if err != nil {
		return nil, err
	}
	if sum := sumPrefix + hex.EncodeToString(compactSum(e.forest)); sum != e.checksum {
		return nil, within("checksum", fmt.Errorf("%q, but that of the forest is %s: it is damaged or was changed by hand; "+
			"copy or write it again", clip(e.checksum), sum))
	}
	s := scanner{text: e.forest}
	f, err := readForest(&s)
	if err == nil {
		err = f.Validate()
	}
	if err != nil {
		return nil, within("forest", err)
	}
	return f, nil
}

// open reads the outermost object as far as the forest, which it leaves packed.
func open(text []byte) (*envelope, error) {
	var e envelope
	s := scanner{text: text}
	var unknown error // counts once the version is known
	err := s.fields(map[string]func() error{
		"format":   func() error { _, err := s.string(maxWord); return err },
		"version":  func() (err error) { e.version, err = s.integer(1 << 30); return err },
		"checksum": func() (err error) { e.checksum, err = s.string(maxWord); return err },
		"forest":   func() (err error) { e.forest, err = s.value(); return err },
	}, func(key string) error {
		if unknown == nil {
			unknown = errUnknownKey(key)
		}
		_, err := s.value()
		return err
	})
	if err == nil {
		err = s.end()
	}
	switch {
	case err != nil && e.version <= version: // a newer one may be written in ways that are an error here
		return nil, err
	case e.version > version:
		return nil, within("version", fmt.Errorf("written by a newer Spanwarden: the format's version is %d and this one reads "+
			"version %d: update Spanwarden, or write the model with one as old", e.version, version))
	case e.version < 1:
		return nil, within("version", errors.New("it is missing or 0: the first one is 1"))
	case unknown != nil:
		return nil, unknown
	case e.checksum == "":
		return nil, within("checksum", errors.New("it is missing: "+sumPrefix+" and SHA-256 in hex of the forest without white space"))
	case e.forest == nil:
		return nil, within("forest", errors.New("it is missing"))
	}
	return &e, nil
}

// compactSum is the SHA-256 of a JSON text without the white space between its
// parts.
func compactSum(text []byte) []byte {
	sum := sha256.New()
	quoted := false
	from := 0
	for at := 0; at < len(text); at++ {
		switch c := text[at]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			at++
		case !quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			sum.Write(text[from:at])
			from = at + 1
		}
	}
	sum.Write(text[from:])
	return sum.Sum(nil)
}

// readForest reads the forest, without validating it. Its trees wait until all is known that they depend
// on, in whatever order it is written.
func readForest(s *scanner) (*forest.Forest, error) {
	var f forest.Forest
	var trees []byte
	err := s.fields(map[string]func() error{
		"kind": func() error {
			kind, err := s.string(maxWord)
			f.Kind = forest.Kind(kind)
			return err
		},
		"origin":      func() (err error) { f.Origin, err = s.origin(); return err },
		"features":    func() (err error) { f.Features, err = s.strings(forest.MaxFeatures); return err },
		"classes":     func() (err error) { f.Classes, err = s.strings(forest.MaxClasses); return err },
		"sample_size": func() (err error) { f.SampleSize, err = s.integer(1<<31 - 1); return err },
		"base":        func() (err error) { f.Base, err = column(s, forest.MaxClasses, s.float); return err },
		"trees":       func() (err error) { trees, err = s.value(); return err },
	}, errUnknownKey)
	if err != nil {
		return nil, err
	}
	if trees == nil {
		return nil, within("trees", errors.New("they are missing"))
	}
	f.Trees, err = readTrees(&scanner{text: trees}, &f, forest.MaxNodes)
	return &f, within("trees", err)
}

// readTrees reads trees that have room for so many nodes together.
func readTrees(s *scanner, f *forest.Forest, room int) ([]forest.Tree, error) {
	var trees []forest.Tree
	err := s.array(func(i int) error {
		if i == forest.MaxTrees {
			return fmt.Errorf("more than %d trees", forest.MaxTrees)
		}
		c, err := readColumns(s, f.Outputs(), room)
		if err != nil {
			return element(i, err)
		}
		tree, err := c.tree(f)
		if err != nil {
			return element(i, err)
		}
		room -= len(tree.Nodes)
		trees = append(trees, tree)
		return nil
	})
	return trees, err
}

// readColumns reads the columns of a tree of at most so many nodes. The values wait
// until it is known how many nodes there are, in whatever order it is written.
func readColumns(s *scanner, outputs, room int) (*columns, error) {
	c := &columns{output: forest.AllOutputs}
	values := -1 // where they begin
	err := s.fields(map[string]func() error{
		"output":       func() (err error) { c.output, err = s.integer(forest.MaxClasses - 1); return err },
		"order":        func() error { text, err := s.string(maxWord); c.order = order(text); return err },
		"feature":      func() (err error) { c.feature, err = column(s, room, s.index); return err },
		"threshold":    func() (err error) { c.threshold, err = column(s, room, s.threshold); return err },
		"next":         func() (err error) { c.next, err = column(s, room, s.index); return err },
		"missing_left": func() (err error) { c.missingLeft, err = column(s, room, s.index); return err },
		"cover":        func() (err error) { c.cover, err = column(s, room, s.float); return err },
		"values":       func() error { values = s.at; _, err := s.value(); return err },
	}, errUnknownKey)
	if err != nil || values < 0 {
		return c, err
	}
	end := s.at
	s.at = values
	c.values, err = column(s, len(c.feature)*outputs, s.float)
	s.at = end
	return c, within("values", err)
}

func (s *scanner) origin() (string, error) {
	text, err := s.string(MaxOrigin)
	if errors.Is(err, tooLongFor(MaxOrigin)) {
		err = errOrigin
	}
	return text, err
}

func errUnknownKey(key string) error {
	return within(clip(key), fmt.Errorf("version %d of the format has no such key: README.md of internal/modelfile has them all", version))
}

// fields reads an object by its known keys. A key that is there twice is refused:
// readers would not agree on which one counts.
func (s *scanner) fields(known map[string]func() error, unknown func(key string) error) error {
	seen := make(map[string]bool, len(known))
	return s.object(func(key string) error {
		read, ok := known[key]
		switch {
		case !ok:
			return unknown(key)
		case seen[key]:
			return within(key, errors.New("it is there twice"))
		}
		seen[key] = true
		return within(key, read())
	})
}

// strings reads an array of at most so many texts.
func (s *scanner) strings(most int) ([]string, error) {
	texts := []string(nil)
	err := s.array(func(i int) error {
		if i == most {
			return fmt.Errorf("more than %d", most)
		}
		text, err := s.string(forest.MaxName)
		texts = append(texts, text)
		return element(i, err)
	})
	return texts, err
}
