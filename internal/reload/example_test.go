package reload_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spanwarden/spanwarden/internal/reload"
)

func ExampleWatch() {
	folder, err := os.MkdirTemp("", "reload")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "greeting.txt")
	load := func(path string) (string, error) {
		text, err := os.ReadFile(path)
		return string(text), err
	}
	greetings := make(chan string, 1)
	watcher := reload.Watch(path, time.Millisecond, load,
		func(greeting string) { greetings <- greeting },
		func(error) {}) // there is no file yet
	defer watcher.Stop()
	if err := os.WriteFile(path+".part", []byte("hello"), 0o600); err != nil {
		panic(err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		panic(err)
	}
	fmt.Println(<-greetings)
	// Output: hello
}
