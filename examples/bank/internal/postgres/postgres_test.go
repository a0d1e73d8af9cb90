package postgres

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { os.Exit(Run(m)) }

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	for range 2 {
		connection, err := pgx.Connect(t.Context(), Start(t))
		require.NoError(t, err)
		_, err = connection.Exec(t.Context(), "create table accounts (id bigint primary key)")
		assert.NoError(t, err)
		require.NoError(t, connection.Close(t.Context()))
	}
}

func TestTheLatestVersionIsTaken(t *testing.T) {
	t.Setenv("PATH", "")
	root := t.TempDir()
	for _, name := range []string{"9.6/bin/initdb", "9.6/bin/postgres", "15/bin/initdb", "15/bin/postgres", "16/bin/initdb"} {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, nil, 0o755))
	}
	found, err := find(filepath.Join(root, "*", "bin"))
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(root, "15", "bin"), found)
	_, err = find(filepath.Join(root, "*", "sbin"))
	assert.Equal(t, errMissing, err)
}

// The server of BANK_POSTGRES_DSN is used instead of one of our own.
func TestAServerThatIsGivenIsUsed(t *testing.T) {
	if os.Getenv(dsnVariable) != "" {
		t.Skip("a server is given already, and all tests of this package use it")
	}
	Start(t) // or skips
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run", "TestEachTestHasADatabaseOfItsOwn")
	command.Env = append(os.Environ(), dsnVariable+"="+shared.dsn, "PATH=")
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
	assert.Contains(t, string(output), "--- PASS")
	command = exec.CommandContext(t.Context(), os.Args[0], "-test.run", "TestEachTestHasADatabaseOfItsOwn")
	command.Env = append(os.Environ(), dsnVariable+"=postgres://nobody@/nowhere?host=/nonexistent")
	output, err = command.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(output), "connect to PostgreSQL")
}
