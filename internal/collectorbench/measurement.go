package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/spanwarden/spanwarden/internal/collectorbench/cputime"
	"github.com/spanwarden/spanwarden/internal/sampletraffic"
)

// measurement sends the same traffic to one pipeline after another.
type measurement struct {
	collector string
	spans     int
	stream    *sampletraffic.Stream
}

func (m *measurement) prepare() {
	// Event time passes faster than the clock on the wall: it begins far enough back not to overtake it, and windows
	// close as they would in hours of traffic.
	clock := sampletraffic.NewClock(time.Now().Add(-200 * time.Hour))
	m.stream = sampletraffic.NewStream(sampletraffic.Settings{Seed: 1}, 128, clock)
}

// pipeline starts a Collector, warms it up, sends the spans, and returns the CPU time that they took.
func (m *measurement) pipeline(ctx context.Context, p pipeline) (used time.Duration, err error) {
	grpcPort, healthPort, err := freePorts()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, m.collector, p.configs(grpcPort, healthPort)...)
	cmd.Stderr = os.Stderr
	if os.Getenv("COLLECTORBENCH_LOG") == "" {
		cmd.Stderr = nil
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start the Collector: %w (run `make build` first)", err)
	}
	defer func() { err = errors.Join(err, stop(cmd)) }()
	if err := awaitHealth(ctx, healthPort); err != nil {
		return 0, err
	}
	conn, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", grpcPort), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	client := ptraceotlp.NewGRPCClient(conn)
	if err := m.send(ctx, client, m.spans/4); err != nil {
		return 0, err
	}
	before, err := cputime.Process(cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	if err := m.send(ctx, client, m.spans); err != nil {
		return 0, err
	}
	after, err := cputime.Process(cmd.Process.Pid)
	return after - before, err
}

// send sends at least so many spans, one request after the other.
func (m *measurement) send(ctx context.Context, client ptraceotlp.GRPCClient, spans int) error {
	for sent := 0; sent < spans; {
		batch := m.stream.Next()
		if _, err := client.Export(ctx, ptraceotlp.NewExportRequestFromTraces(batch.Traces)); err != nil {
			return err
		}
		sent += batch.Spans
	}
	return nil
}

func awaitHealth(ctx context.Context, port int) error {
	client := &http.Client{Timeout: time.Second}
	for deadline := time.Now().Add(settle); ; time.Sleep(20 * time.Millisecond) {
		response, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/", port))
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return errors.Join(errors.New("the Collector did not become healthy"), ctx.Err())
		}
	}
}

func stop(cmd *exec.Cmd) error {
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	timer := time.AfterFunc(settle, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	var exit *exec.ExitError
	// Signalled right after its start the Collector dies of the signal; that is no matter here.
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}

func freePorts() (a, b int, err error) {
	var listeners [2]net.Listener
	for i := range listeners {
		if listeners[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return 0, 0, err
		}
		defer listeners[i].Close()
	}
	port := func(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }
	return port(listeners[0]), port(listeners[1]), nil
}
