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
	heap      string
	stream    *sampletraffic.Stream
}

// eventRate is how many spans there are in a second of event time: few, so that windows of a minute are judged
// in a round. With more, judging costs a span less.
const eventRate = 5_000

func (m *measurement) prepare(optIns bool) {
	// Event time passes faster than the clock on the wall: it begins far enough back not to overtake it.
	clock := sampletraffic.NewClock(time.Now().Add(-200 * time.Hour))
	m.stream = sampletraffic.NewStream(sampletraffic.Settings{Seed: 1, Rate: eventRate, OptIns: optIns}, 128, clock)
}

// pipeline starts a Collector, warms it up, sends the spans, and returns the CPU time that they took.
func (m *measurement) pipeline(ctx context.Context, p pipeline) (used time.Duration, err error) {
	ports, err := freePorts()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, m.collector, p.configs(ports)...)
	cmd.Env = append(os.Environ(), m.garbageCollection()...)
	cmd.Stderr = os.Stderr
	if os.Getenv("COLLECTORBENCH_LOG") == "" {
		cmd.Stderr = nil
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start the Collector: %w (run `make build` first)", err)
	}
	defer func() { err = errors.Join(err, stop(cmd)) }()
	if err := awaitHealth(ctx, ports.health); err != nil {
		return 0, err
	}
	conn, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", ports.grpc), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	client := ptraceotlp.NewGRPCClient(conn)
	if err := m.send(ctx, client, m.spans/4); err != nil {
		return 0, err
	}
	before, err := atRest(ctx, cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	if err := m.send(ctx, client, m.spans); err != nil {
		return 0, err
	}
	after, err := atRest(ctx, cmd.Process.Pid)
	return after - before, err
}

// garbageCollection is the environment that makes the Collector collect garbage as often whatever its components keep.
// By default, a component that keeps a few MiB makes Go collect less often, which saves more than it costs.
func (m *measurement) garbageCollection() []string {
	if m.heap == "" {
		return nil
	}
	return []string{"GOGC=off", "GOMEMLIMIT=" + m.heap}
}

// atRest waits until the process has nothing left to do, such as judging windows, and returns its CPU time.
func atRest(ctx context.Context, pid int) (time.Duration, error) {
	const pause, tries = 100 * time.Millisecond, 50
	used, err := cputime.Process(pid)
	for range tries {
		if err != nil || ctx.Err() != nil {
			return 0, errors.Join(err, ctx.Err())
		}
		time.Sleep(pause)
		before := used
		if used, err = cputime.Process(pid); used == before {
			break
		}
	}
	return used, err
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

// ports of a Collector.
type ports struct{ grpc, health, telemetry int }

func freePorts() (p ports, err error) {
	var open []net.Listener
	defer func() {
		for _, listener := range open {
			_ = listener.Close()
		}
	}()
	for _, port := range []*int{&p.grpc, &p.health, &p.telemetry} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return ports{}, err
		}
		open = append(open, listener) // so that all are different
		*port = listener.Addr().(*net.TCPAddr).Port
	}
	return p, nil
}
