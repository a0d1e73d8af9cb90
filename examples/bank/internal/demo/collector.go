package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spanwarden/spanwarden/internal/childprocess"
)

const (
	// startDeadline is how long the Collector may take to listen, stopDeadline to judge its last windows and end.
	startDeadline = 20 * time.Second
	stopDeadline  = 20 * time.Second
)

// collector is the Collector's process.
type collector struct {
	endpoint string // of its OTLP receiver, host:port
	log      string // file that it writes to
	command  *exec.Cmd
	exited   chan struct{} // closed when it has ended
	err      error         // why, once exited is closed
}

// startCollector starts the Collector and returns when it listens.
func startCollector(ctx context.Context, folder, binary string, configs []string, environment ...string) (*collector, error) {
	endpoint, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	c := &collector{endpoint: endpoint, log: filepath.Join(folder, logFile), exited: make(chan struct{})}
	var args []string
	for _, config := range configs {
		args = append(args, "--config", config)
	}
	// It is ended by stop, also after Ctrl-C: by the context it would lose its last windows.
	c.command = exec.Command(binary, args...)
	c.command.Env = append(os.Environ(), append(environment, "BANK_OTLP="+endpoint)...)
	ended, err := childprocess.Start(c.command, c.log)
	if err != nil {
		return nil, fmt.Errorf("start the Collector: %w (`make build` builds it)", err)
	}
	go func() {
		c.err = <-ended
		close(c.exited)
	}()
	if err := c.awaitListening(ctx); err != nil {
		c.kill()
		return nil, err
	}
	return c, nil
}

// freeAddress returns an address of the loopback interface at which nobody listens.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func (c *collector) awaitListening(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startDeadline)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.endpoint)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-c.exited:
			return fmt.Errorf("the Collector ended at once (%v); %s says why", c.command.ProcessState, c.log)
		case <-ctx.Done():
			return fmt.Errorf("the Collector does not listen at %s: %w; %s says why", c.endpoint, ctx.Err(), c.log)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop ends the Collector after it has judged what it has, and returns when it is gone.
func (c *collector) stop() error {
	select {
	case <-c.exited:
		return fmt.Errorf("the Collector ended by itself (%v); %s says why", c.command.ProcessState, c.log)
	default:
	}
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.kill()
		return fmt.Errorf("stop the Collector: %w; it was killed", err)
	}
	select {
	case <-c.exited:
		if c.err != nil {
			return fmt.Errorf("the Collector did not stop cleanly: %w; %s says why", c.err, c.log)
		}
		return nil
	case <-time.After(stopDeadline):
		c.kill()
		return fmt.Errorf("the Collector did not stop in %v and was killed; %s says why", stopDeadline, c.log)
	}
}

func (c *collector) kill() {
	_ = c.command.Process.Kill() // it may be gone already
	<-c.exited
}
