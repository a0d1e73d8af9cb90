// Package childprocess starts programs that do not outlive the one that starts them, however that ends.
package childprocess

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
)

// Start starts a program in a process group of its own, so that Ctrl-C reaches it only through the program that started
// it, and returns where its end is told: the result of Wait, once. It writes to the file that Start creates at that path.
//
// On Linux the kernel sends it a signal when this process ends: that of Pdeathsig in the command's SysProcAttr, SIGKILL
// if there is none.
func Start(command *exec.Cmd, log string) (ended <-chan error, err error) {
	output, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = output, output
	tether(command)
	started, waited := make(chan error), make(chan error, 1)
	go func() {
		// The kernel takes the end of the thread that started the program for the end of the process, so this goroutine
		// keeps its thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		started <- errors.Join(err, output.Close()) // the program has its own copy of the file
		if err == nil {
			waited <- command.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return waited, nil
}
