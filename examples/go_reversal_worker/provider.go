package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v84"
)

type outcome string

const (
	accepted      outcome = "accepted"
	alreadyDone   outcome = "already done"
	refused       outcome = "refused"
	refusedForNow outcome = "refused for now"
	misused       outcome = "misused"
	notTried      outcome = "not tried"
	keyInUse      outcome = "key in use"
	failed        outcome = "failed"
	unknown       outcome = "unknown"
)

// answer is what Stripe said. The receipt is there if it was accepted.
type answer struct {
	outcome outcome
	receipt string
	says    string
}

// provider is Stripe.
type provider struct {
	client *stripe.Client
}

// newProvider makes a client that sends each request once: the row decides what is sent again. So the SDK's own
// retries are off, and no connection is used twice, because net/http sends a request that has an idempotency key
// once more, unasked, when it finds a used connection closed. By then the claim may be too old.
func newProvider(base, key string) provider {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	config := &stripe.BackendConfig{
		HTTPClient:        &http.Client{Timeout: 20 * time.Second, Transport: transport},
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
		MaxNetworkRetries: stripe.Int64(0),
		EnableTelemetry:   stripe.Bool(false),
	}
	if base != "" {
		config.URL = stripe.String(base)
	}
	return provider{stripe.NewClient(key, stripe.WithBackends(stripe.NewBackendsWithConfig(config)))}
}

// reverse sends the reversal under the key of the row's generation.
func (p provider) reverse(ctx context.Context, row row) answer {
	params := &stripe.TransferReversalCreateParams{
		ID:     stripe.String(row.transferID),
		Amount: stripe.Int64(row.reversalCents),
	}
	params.AddMetadata("row", strconv.FormatInt(row.id, 10))
	params.SetIdempotencyKey(fmt.Sprintf("reversal-%d-%d", row.id, row.keyGeneration))
	made, err := p.client.V1TransferReversals.Create(ctx, params)
	switch {
	case err != nil:
		return understood(err)
	case made.ID == "":
		return answer{outcome: unknown, says: "no id in the answer"}
	default:
		return answer{outcome: accepted, receipt: made.ID}
	}
}

// understood follows the outcomes of the spec, in their order.
func understood(err error) answer {
	var told *stripe.Error
	if !errors.As(err, &told) {
		return answer{outcome: unknown, says: err.Error()}
	}
	return answer{outcome: outcomeOf(told), says: told.Msg}
}

func outcomeOf(told *stripe.Error) outcome {
	status := told.HTTPStatusCode
	switch {
	case status == 400 && strings.HasSuffix(told.Msg, " is already fully reversed."):
		return alreadyDone
	case status == 400 && told.Code == stripe.ErrorCodeBalanceInsufficient:
		return refusedForNow
	case told.Type == stripe.ErrorTypeIdempotency:
		return misused
	case status == 409:
		return keyInUse
	case status == 401, status == 403, status == 429:
		return notTried
	case status == 400, status == 402, status == 404:
		return refused
	case status >= 500:
		return failed
	default:
		return unknown
	}
}

// lookUp finds the reversal of the row: ours by its mark, or another's if our whole amount is
// reversed already. Known is false if Stripe did not answer.
func (p provider) lookUp(ctx context.Context, row row) (receipt string, known bool) {
	params := &stripe.TransferReversalListParams{ID: stripe.String(row.transferID)}
	params.Limit = stripe.Int64(100)
	first, back := "", int64(0)
	for reversal, err := range p.client.V1TransferReversals.List(ctx, params) {
		if err != nil {
			return "", false
		}
		if reversal.Metadata["row"] == strconv.FormatInt(row.id, 10) {
			return reversal.ID, true
		}
		if first == "" {
			first = reversal.ID
		}
		back += reversal.Amount
	}
	if first != "" && back >= row.reversalCents {
		return first, true
	}
	return "", true
}
