// Command seatbridge keeps the NordPass organizations of a managed service provider and writes their billable seats into
// the agreements of ConnectWise PSA. README.md tells how to run it; "seatbridge help" lists its commands.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"seatbridge/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := command.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "seatbridge:", err)
	}
	os.Exit(command.ExitStatus(err))
}
