// Command go_reversal_worker takes back sellers' transfers of refunded orders.
//
// It is what a third party would write against the table seller_transfers and
// its spec: rows in reversal_pending are claimed, reversed at Stripe and recorded.
// Every time is the database's, and every write is one conditional statement.
//
//	DATABASE_URL=... STRIPE_API_BASE=... STRIPE_API_KEY=... go run .
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	idle       = 50 * time.Millisecond
	afterError = 500 * time.Millisecond
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	provider := newProvider(os.Getenv("STRIPE_API_BASE"), os.Getenv("STRIPE_API_KEY"))
	log.Print("ready")
	for ctx.Err() == nil {
		if err := work(ctx, os.Getenv("DATABASE_URL"), provider); err != nil && ctx.Err() == nil {
			log.Printf("starting over: %v", err)
			rest(ctx, afterError)
		}
	}
}

// work goes on until the database is lost or ctx ends. A row in hand is finished first.
func work(ctx context.Context, url string, provider provider) error {
	table, err := open(ctx, url)
	if err != nil {
		return err
	}
	defer table.close()
	worker := worker{table: table, provider: provider}
	for ctx.Err() == nil {
		worked, err := worker.one(context.WithoutCancel(ctx))
		if err != nil {
			return err
		}
		if !worked {
			rest(ctx, idle)
		}
	}
	return nil
}

func rest(ctx context.Context, pause time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
}
