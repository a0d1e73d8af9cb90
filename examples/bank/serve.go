package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spanwarden/spanwarden/examples/bank/internal/bank"
	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
	"github.com/spanwarden/spanwarden/examples/bank/internal/telemetry"
)

// closing is how long the services may take to answer what they have been asked and to send what they have recorded.
const closing = 10 * time.Second

// servingFlags are the flags of `bank serve`.
type servingFlags struct {
	dsn, endpoint, optIns string
	fresh                 bool
	users                 int
	run                   []string
	listen, elsewhere     map[string]string
}

func newServeCommand() *cobra.Command {
	var flags servingFlags
	command := &cobra.Command{
		Use:   "serve",
		Short: "Run the bank's services in real time",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return serve(command, flags)
		},
	}
	services := strings.Join(bank.Services(), ", ")
	set := command.Flags()
	set.StringVar(&flags.dsn, "dsn", "var/bank.db",
		"database: postgres://... or the path of an SQLite file, which is created when it is not there")
	set.BoolVar(&flags.fresh, "fresh", false, "empty the database and open the accounts anew")
	set.IntVar(&flags.users, "users", plan.Customers, "customers of a fresh bank")
	set.StringVar(&flags.endpoint, "endpoint", "127.0.0.1:4317", "host:port of the Collector's OTLP/gRPC receiver")
	set.StringSliceVar(&flags.run, "run", bank.Services(), "the services to run in this process: "+services)
	set.StringToStringVar(&flags.listen, "listen", map[string]string{bank.Gateway: "127.0.0.1:8080"},
		"addresses to listen at, as service=host:port; others get a free port")
	set.StringToStringVar(&flags.elsewhere, "elsewhere", nil,
		"URLs of the services that run elsewhere, as service=http://host:port")
	optInsFlag(command, &flags.optIns)
	return command
}

func serve(command *cobra.Command, flags servingFlags) error {
	ctx := command.Context()
	optIns, err := telemetry.ParseOptIns(flags.optIns)
	if err := errors.Join(err, flags.check()); err != nil {
		return err
	}
	if err := prepare(ctx, flags); err != nil {
		return fmt.Errorf("prepare the database: %w", err)
	}
	b, err := bank.Open(ctx, bank.Options{
		DSN: flags.dsn, Run: flags.run, Listen: flags.listen, Elsewhere: flags.elsewhere,
		Telemetry: telemetry.Options{Endpoint: flags.endpoint, Clock: banktime.Real(), OptIns: optIns},
	})
	if err != nil {
		return err
	}
	for _, service := range flags.run {
		fmt.Fprintf(command.OutOrStdout(), "%s: %s\n", service, b.URL(service))
	}
	if b.URL(bank.Gateway) != "" {
		fmt.Fprintf(command.OutOrStdout(), "try: curl -d '{\"username\":%q,\"password\":%q}' %s/login\n", store.Username(1),
			store.Password(1), b.URL(bank.Gateway))
	}
	<-ctx.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	return b.Close(ctx)
}

// prepare fills a database that is to be fresh or is a file that is not there, and looks whether another holds a bank.
func prepare(ctx context.Context, flags servingFlags) error {
	fresh := flags.fresh
	if !store.OnServer(flags.dsn) {
		_, err := os.Stat(flags.dsn)
		fresh = fresh || errors.Is(err, fs.ErrNotExist)
		if err := os.MkdirAll(filepath.Dir(flags.dsn), 0o755); err != nil {
			return err
		}
	}
	if fresh {
		return store.Create(ctx, flags.dsn, flags.users, time.Now())
	}
	return store.Inspect(ctx, flags.dsn)
}

// check refuses names that are no services'.
func (f *servingFlags) check() error {
	named := slices.Concat(f.run, slices.Collect(maps.Keys(f.listen)), slices.Collect(maps.Keys(f.elsewhere)))
	for _, name := range named {
		if !slices.Contains(bank.Services(), name) {
			return fmt.Errorf("there is no service %q: the services are %s", name, strings.Join(bank.Services(), ", "))
		}
	}
	return nil
}
