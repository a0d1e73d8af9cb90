// Package reload watches a file and loads it anew when its content has changed.
//
// It asks for the file again and again instead of being told about changes:
// notifications do not cross network file systems and container mounts, and a
// Kubernetes ConfigMap changes by the swap of a symbolic link further up.
package reload

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"time"
)

// DefaultEvery is how often a watcher looks at its file unless told otherwise.
const DefaultEvery = 30 * time.Second

// MaxBytes of a file that is watched, 1 GiB. A longer one is refused by its size, as it
// would be read as a whole again and again.
const MaxBytes = 1 << 30

// Watcher watches one file.
type Watcher struct {
	stop context.CancelFunc
	done chan struct{}
}

// Watch looks at the file at path every so often (0: DefaultEvery) until
// [Watcher.Stop]. When its content is another one it calls load; then loaded with
// what load returned, or refused with its error. What was loaded before stays in
// use as long as nothing else can be loaded:
//
//   - A file that is only touched, or replaced by one of the same content, is not
//     loaded.
//   - A file that is refused, perhaps because it is only half written, is tried
//     again every time. It is reported once for each content and error, and so is a
//     file that is not there.
//   - A file of more than [MaxBytes] is refused without being read.
//   - A file that changes while it is loaded waits for the next time.
//
// The content that the file has when Watch is called counts as loaded: call Watch
// first and load for the first time then, so that no change falls in between.
// Loaded and refused are called from one goroutine; they must not call Stop.
func Watch[T any](path string, every time.Duration, load func(path string) (T, error), loaded func(T), refused func(error)) *Watcher {
	if every <= 0 {
		every = DefaultEvery
	}
	f := &file[T]{path: path, load: load, loaded: loaded, refused: refused}
	f.begin()
	ctx, cancel := context.WithCancel(context.Background())
	w := &Watcher{stop: cancel, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				f.look()
			}
		}
	}()
	return w
}

// Stop ends the watching and waits until that is done. Stopping twice, or a nil
// watcher, does nothing.
func (w *Watcher) Stop() {
	if w == nil {
		return
	}
	w.stop()
	<-w.done
}

// digest of a file's content.
type digest [sha256.Size]byte

// file is a watched file. Not for concurrent use.
type file[T any] struct {
	path    string
	load    func(path string) (T, error)
	loaded  func(T)
	refused func(error)

	seen     os.FileInfo // when the content was last read; nil to read it whatever the file looks like
	inUse    digest
	reported complaint // of the last refusal; zero if nothing was refused since something was loaded
}

// complaint is what is reported once.
type complaint struct {
	content digest
	text    string
}

// settled is how long a file must have been left alone before its time, size and
// identity are trusted to tell its contents apart: file systems round times, and
// some as far as two seconds.
const settled = 3 * time.Second

// begin takes the file as it is for loaded. If there is none any content is new.
func (f *file[T]) begin() {
	content, info, err := read(f.path)
	if err == nil {
		f.inUse = content
		f.remember(info)
	}
}

// look loads the file if its content has changed.
func (f *file[T]) look() {
	info, err := os.Stat(f.path)
	if err != nil {
		f.refuse(digest{}, err)
		return
	}
	if f.seen != nil && unchanged(f.seen, info) {
		return
	}
	before, info, err := read(f.path)
	if err != nil {
		f.refuse(digest{}, err)
		return
	}
	if before == f.inUse {
		f.accept(before, info)
		return
	}
	value, loadErr := f.load(f.path)
	after, later, err := read(f.path)
	switch {
	case err == nil && (before != after || !unchanged(info, later)):
		f.seen = nil // who knows what was loaded
	case loadErr != nil:
		f.refuse(before, loadErr)
	case err != nil:
		f.refuse(digest{}, err)
	default:
		f.accept(after, later)
		f.loaded(value)
	}
}

// accept remembers what is in use.
func (f *file[T]) accept(content digest, info os.FileInfo) {
	f.inUse, f.reported = content, complaint{}
	f.remember(info)
}

// remember spares reading the file until it looks different.
func (f *file[T]) remember(info os.FileInfo) {
	f.seen = nil
	if time.Since(info.ModTime()) > settled {
		f.seen = info
	}
}

func unchanged(before, now os.FileInfo) bool {
	return os.SameFile(before, now) && before.ModTime().Equal(now.ModTime()) && before.Size() == now.Size()
}

// refuse reports an error unless it did so the last time.
func (f *file[T]) refuse(content digest, err error) {
	f.seen = nil
	if c := (complaint{content, err.Error()}); c != f.reported {
		f.reported = c
		f.refused(err)
	}
}

// read returns the digest of a file's content, and what the file looked like
// before.
func read(path string) (content digest, info os.FileInfo, err error) {
	if info, err = os.Stat(path); err != nil {
		return digest{}, nil, err
	}
	if !info.Mode().IsRegular() { // to open a pipe would be to wait for somebody to write into it
		return digest{}, nil, fmt.Errorf("%s is no file: name one", path)
	}
	if size := info.Size(); size > MaxBytes {
		return digest{}, nil, fmt.Errorf("%s has %d MiB, and %d are the most that is read: name another file, or make it smaller",
			path, size>>20, MaxBytes>>20)
	}
	in, err := os.Open(path)
	if err != nil {
		return digest{}, nil, err
	}
	defer in.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, io.LimitReader(in, MaxBytes+1)); err != nil {
		return digest{}, nil, err
	}
	return digest(hash.Sum(nil)), info, nil
}
