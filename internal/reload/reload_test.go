package reload

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scene is a file that is watched in a bubble of its own time. Files there are
// younger than its clock tells, so that they are always read unless they are made older.
type scene struct {
	t    *testing.T
	path string

	mu    sync.Mutex
	loads int
	load  func(path string) (string, error)
	told  []string // what was loaded and refused
}

func (s *scene) count(path string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loads++
	return s.load(path)
}

func (s *scene) tell(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, what)
}

// loader changes how files are loaded.
func (s *scene) loader(load func(path string) (string, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.load = load
}

// text is a loader that refuses what begins with "bad".
func text(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err == nil && strings.HasPrefix(string(data), "bad") {
		err = fmt.Errorf("refused: %s", data)
	}
	return string(data), err
}

const every = time.Minute

// watch starts a scene with a file of that content; none if it is empty.
func watch(t *testing.T, path, content string) *scene {
	t.Helper()
	s := &scene{t: t, path: path, load: text}
	if content != "" {
		s.write(content)
	}
	w := Watch(path, every, s.count, s.tell, func(err error) { s.tell("! " + err.Error()) })
	t.Cleanup(w.Stop)
	return s
}

func (s *scene) write(content string) {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(s.path, []byte(content), 0o600))
}

// look lets the watcher look once and returns what it told.
func (s *scene) look() []string {
	time.Sleep(every)
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	told := s.told
	s.told = nil
	return told
}

func bubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

func inFolder(t *testing.T) string { return filepath.Join(t.TempDir(), "model") }

func TestWatch(t *testing.T) {
	bubble(t, "a change is loaded once", func(t *testing.T) {
		s := watch(t, inFolder(t), "one")
		assert.Empty(t, s.look())
		s.write("two")
		assert.Equal(t, []string{"two"}, s.look())
		assert.Empty(t, s.look())
		s.write("one")
		assert.Equal(t, []string{"one"}, s.look())
		assert.Equal(t, 2, s.loads)
	})
	bubble(t, "the same content is not loaded", func(t *testing.T) {
		s := watch(t, inFolder(t), "one")
		require.NoError(t, os.Chtimes(s.path, time.Now(), time.Now()))
		assert.Empty(t, s.look())
		s.write("one")
		assert.Empty(t, s.look())
		require.NoError(t, os.Remove(s.path))
		s.write("one")
		assert.Empty(t, s.look())
		assert.Zero(t, s.loads)
	})
	bubble(t, "a bad file is tried again and told once", func(t *testing.T) {
		s := watch(t, inFolder(t), "one")
		s.write("bad")
		assert.Equal(t, []string{"! refused: bad"}, s.look())
		assert.Empty(t, s.look())
		assert.Empty(t, s.look())
		assert.Equal(t, 3, s.loads)
		s.write("bad again")
		assert.Equal(t, []string{"! refused: bad again"}, s.look())
		s.write("two")
		assert.Equal(t, []string{"two"}, s.look())
		s.write("bad")
		assert.Equal(t, []string{"! refused: bad"}, s.look(), "it was good in between")
		s.write("two")
		assert.Empty(t, s.look(), "that is still in use")
		s.write("bad")
		assert.Equal(t, []string{"! refused: bad"}, s.look())
	})
	bubble(t, "another error of the same content is told", func(t *testing.T) {
		s := watch(t, inFolder(t), "one")
		s.write("bad")
		assert.Len(t, s.look(), 1)
		s.loader(func(string) (string, error) { return "", errors.New("too many open files") })
		assert.Equal(t, []string{"! too many open files"}, s.look())
		s.loader(func(string) (string, error) { return "at last", nil })
		assert.Equal(t, []string{"at last"}, s.look())
	})
	bubble(t, "a file that goes away", func(t *testing.T) {
		s := watch(t, inFolder(t), "one")
		require.NoError(t, os.Remove(s.path))
		told := s.look()
		require.Len(t, told, 1)
		assert.Contains(t, told[0], s.path)
		assert.Empty(t, s.look())
		s.write("one")
		assert.Empty(t, s.look(), "it was in use all the time")
		require.NoError(t, os.Remove(s.path))
		assert.Len(t, s.look(), 1)
		s.write("two")
		assert.Equal(t, []string{"two"}, s.look())
	})
	bubble(t, "a file that comes", func(t *testing.T) {
		s := watch(t, inFolder(t), "")
		assert.Len(t, s.look(), 1)
		assert.Empty(t, s.look())
		s.write("one")
		assert.Equal(t, []string{"one"}, s.look())
	})
	bubble(t, "what is no file", func(t *testing.T) {
		s := watch(t, inFolder(t), "one")
		require.NoError(t, os.Remove(s.path))
		require.NoError(t, os.Mkdir(s.path, 0o700))
		assert.Equal(t, []string{"! " + s.path + " is no file: name one"}, s.look())
		assert.Empty(t, s.look())
	})
}

// A ConfigMap's files are links into ..data, itself a link to a folder that is
// replaced as a whole.
func TestALinkFurtherUpIsSwapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		mount := func(version, content string) {
			require.NoError(t, os.Mkdir(filepath.Join(folder, version), 0o700))
			file := filepath.Join(folder, version, "model")
			require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
			long := time.Now().Add(-time.Hour) // the same for all: nothing but their identity tells them apart
			require.NoError(t, os.Chtimes(file, long, long))
			require.NoError(t, os.Symlink(version, filepath.Join(folder, "..data_tmp")))
			require.NoError(t, os.Rename(filepath.Join(folder, "..data_tmp"), filepath.Join(folder, "..data")))
		}
		mount("..1", "one")
		require.NoError(t, os.Symlink(filepath.Join("..data", "model"), filepath.Join(folder, "model")))
		s := watch(t, filepath.Join(folder, "model"), "")
		assert.Empty(t, s.look())
		mount("..2", "two")
		assert.Equal(t, []string{"two"}, s.look())
		mount("..3", "two")
		assert.Empty(t, s.look())
		assert.Equal(t, 1, s.loads)
	})
}

func TestAFileThatIsWrittenWhileItIsLoadedWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := watch(t, inFolder(t), "one")
		s.write("two")
		s.loader(func(path string) (string, error) {
			value, err := text(path)
			s.write("three")
			return value, err
		})
		assert.Empty(t, s.look())
		s.loader(text)
		assert.Equal(t, []string{"three"}, s.look())
		s.loader(func(path string) (string, error) {
			require.NoError(t, os.Remove(path))
			return text(path)
		})
		s.write("four")
		assert.Len(t, s.look(), 1)
	})
}

// A file that was left alone for a while is not read until it looks different.
func TestAnOldFileIsNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// rewritten in place, as long as before and with the same time
		rewrite := func(s *scene, content string, written time.Time) {
			s.write(content)
			require.NoError(t, os.Chtimes(s.path, written, written))
		}
		s := watch(t, inFolder(t), "one")
		long := time.Now().Add(-time.Hour)
		rewrite(s, "one", long)
		assert.Empty(t, s.look())
		rewrite(s, "two", long)
		assert.Empty(t, s.look())
		rewrite(s, "two", long.Add(time.Second))
		assert.Equal(t, []string{"two"}, s.look())
		rewrite(s, "six", long.Add(time.Second))
		assert.Empty(t, s.look())

		young := time.Now().Add(every - time.Second)
		rewrite(s, "one", young)
		assert.Equal(t, []string{"one"}, s.look())
		rewrite(s, "two", young)
		assert.Equal(t, []string{"two"}, s.look(), "its time may be rounded")
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := inFolder(t)
		inside, leave := make(chan bool), make(chan bool)
		w := Watch(path, 0, text, func(string) {
			close(inside)
			<-leave
		}, func(error) {})
		require.NoError(t, os.WriteFile(path, []byte("one"), 0o600))
		time.Sleep(DefaultEvery)
		<-inside
		stopped := false
		go func() { w.Stop(); stopped = true }()
		synctest.Wait()
		assert.False(t, stopped, "something is still being told")
		close(leave)
		synctest.Wait()
		assert.True(t, stopped)
		w.Stop()
		(*Watcher)(nil).Stop()
	})
}

// Whatever happens to the file: what is in use is the last good content that was
// looked at, and the same complaint is not made twice in a row.
func TestWhatIsInUse(t *testing.T) {
	path := inFolder(t)
	rapid.Check(t, func(t *rapid.T) {
		remove(t, path)
		require.NoError(t, os.WriteFile(path, []byte("one"), 0o600))
		inUse, told := "one", ""
		f := &file[string]{
			path: path, load: text,
			loaded: func(value string) {
				require.NotEqual(t, inUse, value)
				inUse = value
			},
			refused: func(err error) {
				require.NotEqual(t, told, err.Error())
				told = err.Error()
			},
		}
		f.begin()
		want := "one"
		for range rapid.IntRange(1, 10).Draw(t, "steps") {
			content := rapid.SampledFrom([]string{"one", "two", "six", "bad one", "bad two", ""}).Draw(t, "content")
			replace := rapid.Bool().Draw(t, "replace")
			written := time.Now().Add(-time.Duration(rapid.IntRange(0, 1).Draw(t, "age")) * time.Hour)
			if replace || content == "" {
				remove(t, path)
			}
			if content != "" {
				require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
				require.NoError(t, os.Chtimes(path, written, written))
			}
			f.look()
			if content != "" && !strings.HasPrefix(content, "bad") {
				want, told = content, ""
			}
			require.Equal(t, want, inUse)
		}
	})
}

// remove removes a file that may be there.
func remove(t require.TestingT, path string) {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		require.NoError(t, err)
	}
}

func TestAHugeFileIsNotRead(t *testing.T) {
	bubble(t, "it is refused once, and what is there later is loaded", func(t *testing.T) {
		s := watch(t, inFolder(t), "one")
		require.NoError(t, os.Truncate(s.path, MaxBytes+1)) // takes no room on the disk
		assert.Equal(t, []string{"! " + s.path + " has 1024 MiB, and 1024 are the most that is read: name another file, or make it smaller"},
			s.look())
		assert.Empty(t, s.look())
		assert.Zero(t, s.loads)
		s.write("two")
		assert.Equal(t, []string{"two"}, s.look())
	})
}
