package endtoend

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/childprocess"
)

const (
	startDeadline = 60 * time.Second // generous: the race detector and other packages' tests share the machine
	stopDeadline  = 30 * time.Second

	readyLine = "Everything is ready. Begin running and processing data."
)

// collector is one running process of the built binary.
type collector struct {
	ports
	dataDir string // SPANWARDEN_STATE and working directory: what the configuration writes is below it

	command *exec.Cmd
	logPath string
	exited  chan struct{} // closed when the process has ended
	waitErr error         // its result, valid once exited is closed
	http    *http.Client
}

// overlay makes a further configuration for startCollector out of YAML text. The Collector merges configurations in
// order: maps are merged, lists and scalars replaced.
func overlay(text string) string { return "yaml:" + text }

// startCollector runs the binary on the configurations (paths, relative ones from the repository's root, or
// overlays) and returns when it is healthy. The process ends with the test, whatever its outcome; a failed test shows its log.
func startCollector(t *testing.T, configs ...string) *collector {
	t.Helper()
	return startCollectorIn(t, t.TempDir(), configs...)
}

// startCollectorIn is startCollector over a given data folder, to start a second process on the state of the first.
func startCollectorIn(t *testing.T, dataDir string, configs ...string) *collector {
	t.Helper()
	skipIfShort(t)
	c, err := launch(dataDir, configs)
	if c != nil {
		t.Cleanup(func() {
			c.kill()
			if t.Failed() {
				t.Logf("log of the Collector:\n%s", c.log())
			}
		})
	}
	require.NoError(t, err)
	return c
}

// skipIfShort is for tests that need the binary. That it is missing is no reason to skip: it is an error.
func skipIfShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the built Collector, which -short leaves out")
	}
}

// launch starts the process and waits until it is healthy. Should somebody take one of its ports first, it tries
// again on others. A process that came up but is not healthy in time is returned together with the error.
func launch(dataDir string, configs []string) (*collector, error) {
	const attempts = 3
	for attempt := 1; ; attempt++ {
		c, err := launchOnce(dataDir, configs)
		if err != nil && attempt < attempts && strings.Contains(err.Error(), "address already in use") {
			continue
		}
		return c, err
	}
}

func launchOnce(dataDir string, configs []string) (*collector, error) {
	root, err := repositoryRoot()
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(root, "bin", "spanwarden-collector")
	if _, err := os.Stat(binary); err != nil {
		return nil, fmt.Errorf("the Collector is not built, run `make build`: %w", err)
	}
	free, err := freePorts()
	if err != nil {
		return nil, err
	}
	var args []string
	for _, config := range configs {
		if !strings.HasPrefix(config, "yaml:") && !filepath.IsAbs(config) {
			config = filepath.Join(root, filepath.FromSlash(config))
		}
		args = append(args, "--config", config)
	}
	c := &collector{
		ports:   free,
		dataDir: dataDir,
		command: exec.Command(binary, args...),
		logPath: filepath.Join(dataDir, fmt.Sprintf("collector-%d.log", free.health)),
		exited:  make(chan struct{}),
		http:    &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second},
	}
	c.command.Dir = dataDir
	c.command.Env = append(os.Environ(), append(free.environment(), "SPANWARDEN_STATE="+dataDir)...)
	if err := c.run(); err != nil {
		return nil, err
	}
	err = c.awaitReady(1)
	if err == nil {
		err = c.awaitRest()
	}
	return c, err
}

// run starts the process, with its output to the log file.
func (c *collector) run() error {
	ended, err := childprocess.Start(c.command, c.logPath)
	if err != nil {
		return err
	}
	go func() {
		c.waitErr = <-ended
		close(c.exited)
	}()
	return nil
}

// awaitReady returns once the Collector has reported starts times that it is ready, and its health check agrees.
func (c *collector) awaitReady(starts int) error {
	return poll(startDeadline, func() error {
		select {
		case <-c.exited:
			return stopPolling{fmt.Errorf("the Collector ended early: %v, its log:\n%s", c.command.ProcessState, c.log())}
		default:
		}
		if got := c.starts(); got < starts {
			return fmt.Errorf("the Collector has become ready %d of %d times", got, starts)
		}
		response, err := c.http.Get(fmt.Sprintf("http://127.0.0.1:%d/", c.health))
		if err != nil {
			return fmt.Errorf("health check: %w", err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("health check: %s", response.Status)
		}
		return nil
	})
}

// awaitRest returns once the Collector has nothing left to do. It reports that it is ready just before it installs its
// signal handlers: a SIGTERM or SIGHUP in between would end it on the spot.
func (c *collector) awaitRest() error {
	return poll(startDeadline, func() error {
		rests, err := atRest(c.command.Process.Pid)
		if err == nil && !rests {
			err = errors.New("the Collector is still busy starting")
		}
		return err
	})
}

// reload makes the Collector read its configuration again (SIGHUP) and waits until it is back.
func (c *collector) reload(t *testing.T) {
	t.Helper()
	starts := c.starts()
	require.NoError(t, c.command.Process.Signal(syscall.SIGHUP))
	require.NoError(t, c.awaitReady(starts+1))
}

// stop ends the Collector as an orchestrator does (SIGTERM) and fails the test unless it leaves in time and with
// exit code 0.
func (c *collector) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, c.terminate(stopDeadline))
}

func (c *collector) terminate(deadline time.Duration) error {
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-c.exited:
		return c.waitErr // an *exec.ExitError unless the exit code is 0
	case <-time.After(deadline):
		c.kill()
		return fmt.Errorf("the Collector was still running %v after SIGTERM", deadline)
	}
}

// kill ends the process at once if it still runs, and returns when it is gone.
func (c *collector) kill() {
	c.http.CloseIdleConnections()
	select {
	case <-c.exited:
		return
	default:
	}
	_ = killGroup(c.command.Process.Pid) // fails only if the process has ended since the look above
	<-c.exited
}

// starts counts how often the Collector has become ready: once, and once more for each reload.
func (c *collector) starts() int { return strings.Count(c.log(), readyLine) }

// log is all that the Collector has written to its standard output and standard error.
func (c *collector) log() string {
	content, err := os.ReadFile(c.logPath)
	if err != nil {
		return fmt.Sprintf("(unreadable: %v)", err)
	}
	return string(content)
}

// file is the path of a file below the data folder, where the configuration's exporters write.
func (c *collector) file(name string) string { return filepath.Join(c.dataDir, name) }

func repositoryRoot() (string, error) { return filepath.Abs(filepath.Join("..", "..")) }
