package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	guard "example.com/seller_transfers/guard"
	"github.com/jackc/pgx/v5"
)

// row is a claimed row as the last look found it.
type row struct {
	id            int64
	status        string
	transferID    string
	reversalCents int64
	retryCount    int
	claimCount    int
	keyGeneration int
	keyInUse      bool
	keyIsOld      bool
	settleOnly    bool
}

// table is seller_transfers over one connection.
type table struct {
	connection *pgx.Conn
}

func open(ctx context.Context, url string) (*table, error) {
	connection, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	return &table{connection}, nil
}

func (t *table) close() {
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	_ = t.connection.Close(ctx) // it may be lost already, which is why we are here
}

const claimSQL = `
WITH claimable AS MATERIALIZED (
  SELECT id, retry_count >= $1 AS settle_only FROM seller_transfers
  WHERE status = 'reversal_pending' AND next_retry_at <= now()
  ORDER BY next_retry_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE seller_transfers AS t
SET claim_count = t.claim_count + 1,
    next_retry_at = now() + make_interval(secs => $2),
    retry_count = CASE WHEN c.settle_only THEN t.retry_count ELSE t.retry_count + 1 END,
    key_first_used_at = CASE WHEN c.settle_only THEN t.key_first_used_at ELSE coalesce(t.key_first_used_at, now()) END
FROM claimable AS c
WHERE t.id = c.id AND t.status = 'reversal_pending'
RETURNING t.id, t.claim_count, c.settle_only`

// claim takes the oldest due row; nil if there is none.
func (t *table) claim(ctx context.Context) (*row, error) {
	var found row
	err := t.connection.QueryRow(ctx, claimSQL, attemptLimit, lease.Seconds()).
		Scan(&found.id, &found.claimCount, &found.settleOnly)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &found, err
}

const lastLookSQL = `
SELECT status, stripe_transfer_id, reversal_cents, retry_count, key_generation, key_first_used_at IS NOT NULL,
       coalesce(clock_timestamp() - key_first_used_at >= make_interval(secs => $4), false)
FROM seller_transfers
WHERE id = $1 AND status = 'reversal_pending' AND claim_count = $2
  AND next_retry_at - clock_timestamp() > make_interval(secs => $3)`

// lastLook reads the row if its claim still stands and leaves time to send; nil if not.
func (t *table) lastLook(ctx context.Context, claimed row) (*row, error) {
	margin := longestPause + settlesWithin
	found := claimed
	err := t.connection.QueryRow(ctx, lastLookSQL,
		claimed.id, claimed.claimCount, margin.Seconds(), (keyLifetime-margin).Seconds()).
		Scan(&found.status, &found.transferID, &found.reversalCents, &found.retryCount, &found.keyGeneration,
			&found.keyInUse, &found.keyIsOld)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &found, err
}

// reversed records the reversal with its receipt.
func (t *table) reversed(ctx context.Context, row row, receipt string) error {
	_, err := t.write(ctx, row, guard.SellerTransferStatusReversed, "stripe_reversal_id = $5", "", receipt)
	return err
}

const renewed = "key_generation = key_generation + 1, key_first_used_at = NULL"

// givenUp ends the row, but only while the lease runs: later another worker may hold it.
func (t *table) givenUp(ctx context.Context, row row) (bool, error) {
	return t.write(ctx, row, guard.SellerTransferStatusPermanentlyFailed, renewed, "AND next_retry_at > clock_timestamp()")
}

// change is what `again` writes beside the due time.
type change struct {
	assigns    string
	afterLease bool
}

var (
	renewKey   = change{assigns: renewed}
	afterLease = change{afterLease: true} // a request may still be executing
)

func giveBack(row row) change {
	if row.settleOnly {
		return change{}
	}
	return change{assigns: "retry_count = retry_count - 1"}
}

// again keeps the status; the row is due after the pause.
func (t *table) again(ctx context.Context, row row, pause time.Duration, changes ...change) error {
	due := "now() + make_interval(secs => $5)"
	assigns := []string{}
	for _, each := range changes {
		if each.afterLease {
			due = "greatest(next_retry_at, " + due + ")"
		}
		if each.assigns != "" {
			assigns = append(assigns, each.assigns)
		}
	}
	assigns = append(assigns, "next_retry_at = "+due)
	_, err := t.write(ctx, row, guard.SellerTransferStatus(row.status), strings.Join(assigns, ", "), "", pause.Seconds())
	return err
}

// write makes every write: guarded, and conditional on status and claim. False: another write came first.
func (t *table) write(
	ctx context.Context, row row, to guard.SellerTransferStatus, assigns, only string, values ...any,
) (bool, error) {
	if !guard.CanTransitionSellerTransfer(row.status, to) {
		return false, fmt.Errorf("transfer %d may not go from %s to %s", row.id, row.status, to)
	}
	statement := "UPDATE seller_transfers SET status = $4, " + assigns +
		" WHERE id = $1 AND status = $2 AND claim_count = $3 " + only
	done, err := t.connection.Exec(ctx, statement, append([]any{row.id, row.status, row.claimCount, string(to)}, values...)...)
	if err != nil {
		return false, err
	}
	if done.RowsAffected() == 0 {
		log.Printf("transfer %d: another write came first", row.id)
	}
	return done.RowsAffected() == 1, nil
}
