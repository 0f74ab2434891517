package main

import (
	"context"
	"log"
	"math/rand"
	"time"
)

const (
	attemptLimit  = 12
	lease         = 10 * time.Minute
	longestPause  = 2 * time.Minute
	settlesWithin = 90 * time.Second
	keyLifetime   = 24 * time.Hour
	firstPause    = time.Minute
	pauseCeiling  = 6 * time.Hour
	jitter        = 0.2
)

// worker does one row at a time: claim, last look, send or settle, record.
type worker struct {
	table    *table
	provider provider
}

// one works on the oldest due row, and says whether there was one.
func (w worker) one(ctx context.Context) (bool, error) {
	claimed, err := w.table.claim(ctx)
	if claimed == nil || err != nil {
		return false, err
	}
	row, err := w.table.lastLook(ctx, *claimed)
	if err != nil {
		return true, err
	}
	if row == nil {
		log.Printf("transfer %d: the claim is lost or too old, nothing is sent", claimed.id)
		return true, nil
	}
	switch {
	case row.keyIsOld:
		return true, w.settleOldKey(ctx, *row)
	case row.settleOnly && !row.keyInUse:
		return true, w.giveUp(ctx, *row) // nothing was sent since the last definite answer
	default:
		return true, w.heard(ctx, *row, w.provider.reverse(ctx, *row))
	}
}

func (w worker) heard(ctx context.Context, row row, answer answer) error {
	log.Printf("transfer %d: %s %s", row.id, answer.outcome, answer.says)
	switch answer.outcome {
	case accepted:
		return w.table.reversed(ctx, row, answer.receipt)
	case refused:
		return w.giveUp(ctx, row)
	case refusedForNow:
		return w.table.again(ctx, row, after(row.retryCount), renewKey)
	case notTried:
		return w.table.again(ctx, row, vary(firstPause), giveBack(row))
	case keyInUse:
		return w.table.again(ctx, row, after(row.retryCount), afterLease, giveBack(row))
	case misused:
		log.Printf("transfer %d: ALARM: our key was sent with other parameters", row.id)
		return w.settleAnswered(ctx, row)
	case alreadyDone, failed:
		return w.settleAnswered(ctx, row)
	default:
		return w.table.again(ctx, row, after(row.retryCount), afterLease)
	}
}

// settleAnswered asks what became of a request that was answered, so that none is executing any more.
func (w worker) settleAnswered(ctx context.Context, row row) error {
	receipt, known := w.provider.lookUp(ctx, row)
	switch {
	case !known:
		return w.table.again(ctx, row, after(row.retryCount), afterLease)
	case receipt != "":
		return w.table.reversed(ctx, row, receipt)
	case row.retryCount >= attemptLimit:
		return w.giveUp(ctx, row)
	default:
		return w.table.again(ctx, row, after(row.retryCount), renewKey)
	}
}

// settleOldKey asks about a key that Stripe may have forgotten. Nothing is sent, so it is no attempt.
func (w worker) settleOldKey(ctx context.Context, row row) error {
	receipt, known := w.provider.lookUp(ctx, row)
	switch {
	case !known:
		return w.table.again(ctx, row, vary(pauseCeiling), giveBack(row))
	case receipt != "":
		return w.table.reversed(ctx, row, receipt)
	case row.settleOnly:
		return w.giveUp(ctx, row)
	default:
		return w.table.again(ctx, row, 0, renewKey, giveBack(row))
	}
}

// giveUp ends the row while its lease runs. Later it only records that the key is spent.
func (w worker) giveUp(ctx context.Context, row row) error {
	done, err := w.table.givenUp(ctx, row)
	if err != nil || done {
		return err
	}
	return w.table.again(ctx, row, 0, renewKey)
}

// after is the pause after so many attempts.
func after(attempts int) time.Duration {
	pause := firstPause
	for ; attempts > 1 && pause < pauseCeiling; attempts-- {
		pause *= 2
	}
	if pause > pauseCeiling {
		pause = pauseCeiling
	}
	return vary(pause)
}

// vary keeps rows that failed together from coming back together.
func vary(pause time.Duration) time.Duration {
	return time.Duration(float64(pause) * (1 - jitter + 2*jitter*rand.Float64()))
}
