package baseline

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/spanwarden/spanwarden/internal/reference"
)

// saved is what a learner writes.
type saved struct {
	Version     int
	State       state
	Collections []*Collection
	Store       []byte // nil: none
	Lasts       []byte
}

const (
	saveVersion = 3
	mostSaved   = 1 << 30 // bytes
)

// Save writes what was learned, for [Load]. Traces that are not over yet are taken for ended.
func (l *Learner) Save(w io.Writer) error {
	l.rest()
	s := saved{Version: saveVersion, State: l.state}
	if l.scene != nil {
		var store, lasts bytes.Buffer
		if err := errors.Join(l.scene.store.Save(&store), l.scene.lasts.Save(&lasts)); err != nil {
			return fmt.Errorf("save the references: %w", err)
		}
		s.Collections, s.Store, s.Lasts = l.scene.Collections, store.Bytes(), lasts.Bytes()
	}
	var content bytes.Buffer
	if err := gob.NewEncoder(&content).Encode(&s); err != nil {
		return fmt.Errorf("save what was learned: %w", err)
	}
	head := binary.LittleEndian.AppendUint32([]byte(magic), crc32.Checksum(content.Bytes(), castagnoli))
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(content.Bytes())
	return err
}

// magic begins what is saved, and a checksum follows: what is read is what was written.
const magic = "spanwarden.baseline.1\n"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checked returns what follows the checksum.
func checked(r io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, mostSaved))
	if err != nil {
		return nil, err
	}
	rest, ok := bytes.CutPrefix(content, []byte(magic))
	if !ok || len(rest) < 4 || binary.LittleEndian.Uint32(rest) != crc32.Checksum(rest[4:], castagnoli) {
		return nil, errSaved
	}
	return rest[4:], nil
}

// errSaved is told of what was not written by Save, or by another version.
var errSaved = errors.New("what was learned cannot be read: it is damaged, or of another version")

// Load returns a learner that goes on where another one was saved.
func Load(r io.Reader, settings Settings) (l *Learner, err error) {
	defer func() {
		if p := recover(); p != nil { // indices that point nowhere
			l, err = nil, fmt.Errorf("%w: %v", errSaved, p)
		}
	}()
	content, err := checked(r)
	if err != nil {
		return nil, err
	}
	var s saved
	if err := gob.NewDecoder(bytes.NewReader(content)).Decode(&s); err != nil {
		return nil, fmt.Errorf("%w: %w", errSaved, err)
	}
	if s.Version != saveVersion || len(s.State.APIs) > mostAPIs || len(s.Collections) > mostCollections {
		return nil, errSaved
	}
	if l, err = New(settings); err != nil {
		return nil, err
	}
	l.state = s.State
	if l.scene != nil && s.Store != nil {
		if l.scene.store, err = reference.Load(bytes.NewReader(s.Store), settings.References); err != nil {
			return nil, fmt.Errorf("load the references: %w", err)
		}
		if l.scene.lasts, err = reference.Load(bytes.NewReader(s.Lasts), ofLastCalls(settings.References)); err != nil {
			return nil, fmt.Errorf("load the last calls: %w", err)
		}
		l.in(l.scene.store).scene.restore(s.Collections)
	}
	for i, a := range l.state.APIs {
		if int(a.ID) != i || a.restore() != nil {
			return nil, errSaved
		}
		l.apis[apiKey{a.Service, a.Method, a.Route}] = a
		l.listed[a.Service]++
		a.room = &l.room
		l.room = max(0, l.room-len(a.Places))
	}
	for _, a := range l.state.APIs {
		for _, p := range a.Before {
			_ = l.state.APIs[p.API]
		}
	}
	for _, o := range l.state.Orders {
		_, _ = l.state.APIs[o.API], l.state.APIs[o.Predecessor]
	}
	if l.scene != nil {
		l.reconnect()
	}
	return l, nil
}

// restore finds the collections in the store.
func (s *scene) restore(all []*Collection) {
	s.Collections = all
	for _, c := range all {
		c.id = s.store.Collection(c.Name)
		c.fields = make(map[string]int)
		for i, name := range c.Names {
			c.fields[name] = i
		}
	}
}

// restore links the places of an API.
func (a *API) restore() error {
	a.paired = make(map[[2]int32]bool)
	for _, p := range a.Pairs {
		a.paired[[2]int32{p.A, p.B}] = true
	}
	for i, p := range a.Places {
		if int(p.ID) != i || int(p.Group) >= len(a.Groups) || p.Parent >= p.ID || p.Part >= parts {
			return errSaved
		}
		roots := &a.roots
		if p.Group >= 0 {
			roots = &a.Groups[p.Group].roots
		}
		switch {
		case p.Parent < 0:
			roots[p.Part] = p.ID + 1
			continue
		case p.Item:
			a.Places[p.Parent].items = p.ID + 1
		default:
			of := a.Places[p.Parent]
			if of.children == nil {
				of.children = make(map[string]int32)
			}
			of.children[p.Name] = p.ID
			of.order = append(of.order, p.ID)
		}
		p.parent = a.Places[p.Parent]
	}
	return nil
}

// reconnect tells places which entities they show, and APIs what identifies their calls.
func (l *Learner) reconnect() {
	for _, c := range l.scene.Collections {
		if c.Into > 0 {
			continue
		}
		for i := range c.Sources {
			s := &c.Sources[i]
			if s.Table != "" || s.Place < 0 {
				continue
			}
			p := l.state.APIs[s.API].Places[s.Place]
			if p.entity == nil {
				p.entity = &entity{}
			}
			p.entity.collections = append(p.entity.collections, c)
			p.entity.keys = append(p.entity.keys, s.Column)
		}
	}
	for _, a := range l.state.APIs {
		for _, link := range a.Links {
			if link.Own {
				a.Places[link.Place].linked = true
				a.own = append(a.own, ownLink{link.Place, l.scene.Collections[link.Collection]})
			}
		}
	}
}
