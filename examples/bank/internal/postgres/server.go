package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/spanwarden/spanwarden/internal/childprocess"
)

// patience is how long the server may take to answer for the first time, and to end.
const patience = 30 * time.Second

// server is a temporary cluster and the process that serves it.
type server struct {
	dsn     string
	folder  string
	process *os.Process
	ended   <-chan error // of the process
}

// launch makes a cluster in a temporary folder and starts its server, which answers when it returns. Nothing is synced to
// disk: the data need not outlive the tests.
func launch() (s *server, err error) {
	programs, err := find("/usr/lib/postgresql/*/bin")
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "bank-postgres-") // short: a socket's path may have a hundred bytes
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}()
	attributes, err := processAttributes(folder)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	data := filepath.Join(folder, "data")
	initdb := exec.Command(filepath.Join(programs, "initdb"),
		"--pgdata", data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = folder, attributes
	if output, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make a PostgreSQL cluster: %w\n%s", err, output)
	}
	s = &server{folder: folder}
	dsn := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: url.Values{"host": {folder}}.Encode()}
	s.dsn = dsn.String()
	command := exec.Command(filepath.Join(programs, "postgres"), "-D", data, "-k", folder,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200")
	command.Dir, command.SysProcAttr = folder, attributes
	if err := s.serve(command); err != nil {
		return nil, err
	}
	return s, nil
}

// serve runs the server until it answers.
func (s *server) serve(command *exec.Cmd) error {
	log := filepath.Join(s.folder, "log")
	ended, err := childprocess.Start(command, log)
	if err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	s.ended = ended
	s.process = command.Process
	if err := s.await(); err != nil {
		said, _ := os.ReadFile(log) // all that is known
		return errors.Join(fmt.Errorf("start PostgreSQL: %w\n%s", err, said), s.process.Kill())
	}
	return nil
}

// await returns when the server answers.
func (s *server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		connection, err := pgx.Connect(ctx, s.dsn)
		if err == nil {
			return connection.Close(ctx)
		}
		select {
		case ended := <-s.ended:
			return fmt.Errorf("it has ended (%w)", ended)
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the server and removes all that it has written.
func (s *server) stop() error {
	err := s.process.Signal(os.Interrupt) // which ends all connections
	if err == nil {
		select {
		case err = <-s.ended:
		case <-time.After(patience):
			err = errors.Join(errors.New("it does not end"), s.process.Kill())
		}
	}
	if err := errors.Join(err, os.RemoveAll(s.folder)); err != nil {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	return nil
}

// find returns the folder of the server's programs: one in the PATH, or the latest of those that Debian installs under
// that pattern.
func find(pattern string) (string, error) {
	var folders []string
	if program, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(program))
	}
	installed, err := filepath.Glob(pattern)
	if err != nil {
		return "", err
	}
	slices.SortFunc(installed, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
	for _, folder := range append(folders, installed...) {
		if programIn(folder, "initdb") && programIn(folder, "postgres") {
			return folder, nil
		}
	}
	return "", errMissing
}

// version returns the 15 of /usr/lib/postgresql/15/bin.
func version(folder string) float64 {
	v, _ := strconv.ParseFloat(filepath.Base(filepath.Dir(folder)), 64) // 0 for what is none
	return v
}

func programIn(folder, name string) bool {
	_, err := exec.LookPath(filepath.Join(folder, name))
	return err == nil
}
