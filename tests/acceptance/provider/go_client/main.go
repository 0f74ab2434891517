// What a user of stripe-go does: prints what it got as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"github.com/stripe/stripe-go/v84"
	"github.com/stripe/stripe-go/v84/webhook"
)

type fields map[string]any

var ctx = context.Background()

func client() *stripe.Client {
	config := &stripe.BackendConfig{
		URL:               stripe.String(os.Getenv("STRIPE_API_BASE")),
		MaxNetworkRetries: stripe.Int64(2),
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
	}
	backends := stripe.NewBackendsWithConfig(config)
	return stripe.NewClient(os.Getenv("STRIPE_API_KEY"), stripe.WithBackends(backends))
}

var api = client()

func create(key string, amount int64) (*stripe.Transfer, error) {
	params := &stripe.TransferCreateParams{
		Amount:        stripe.Int64(amount),
		Currency:      stripe.String("usd"),
		Destination:   stripe.String("acct_7"),
		TransferGroup: stripe.String("7"),
		Metadata:      map[string]string{"row": "7"},
	}
	params.SetIdempotencyKey(key)
	return api.V1Transfers.Create(ctx, params)
}

func reverse(id string, amount int64, key string) (*stripe.TransferReversal, error) {
	params := &stripe.TransferReversalCreateParams{ID: stripe.String(id)}
	if amount > 0 {
		params.Amount = stripe.Int64(amount)
	}
	if key != "" {
		params.SetIdempotencyKey(key)
	}
	return api.V1TransferReversals.Create(ctx, params)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func failure[T any](_ T, err error) any {
	if err == nil {
		return nil
	}
	var told *stripe.Error
	if !errors.As(err, &told) {
		return fields{"kind": "other", "status": nil, "type": nil, "code": nil, "message": err.Error()}
	}
	var code any
	if told.Code != "" {
		code = told.Code
	}
	return fields{"kind": "stripe", "status": told.HTTPStatusCode, "type": told.Type, "code": code, "message": told.Msg}
}

func told(transfer *stripe.Transfer) fields {
	return fields{"id": transfer.ID, "back": transfer.AmountReversed, "reversed": transfer.Reversed}
}

func main() {
	found := fields{}
	first := must(create("first", 1000))
	found["created"] = fields{"id": first.ID, "amount": first.Amount, "row": first.Metadata["row"]}
	again := must(create("first", 1000))
	found["replayed"] = fields{"id": again.ID, "header": again.LastResponse.Header.Get("Idempotent-Replayed")}
	found["other_parameters"] = failure(create("first", 999))
	part := must(reverse(first.ID, 400, "part"))
	after := must(api.V1Transfers.Retrieve(ctx, first.ID, nil))
	found["part"] = fields{"amount": part.Amount, "transfer": part.Transfer.ID, "after": told(after)}
	found["too_much"] = failure(reverse(first.ID, 700, ""))
	rest := must(reverse(first.ID, 0, "rest"))
	after = must(api.V1Transfers.Retrieve(ctx, first.ID, nil))
	found["rest"] = fields{"amount": rest.Amount, "after": told(after)}
	found["once_more"] = failure(reverse(first.ID, 0, "once more"))
	reversals := []int64{}
	for each, err := range api.V1TransferReversals.List(ctx, &stripe.TransferReversalListParams{ID: &first.ID}) {
		reversals = append(reversals, must(each, err).Amount)
	}
	found["reversals"] = reversals
	must(create("second", 1000))
	must(create("third", 1000))
	listing := &stripe.TransferListParams{TransferGroup: stripe.String("7")}
	listing.Limit = stripe.Int64(2)
	listed := []string{}
	for each, err := range api.V1Transfers.List(ctx, listing) {
		listed = append(listed, must(each, err).ID)
	}
	found["listed"] = listed
	found["missing"] = failure(api.V1Transfers.Retrieve(ctx, "tr_none", nil))
	found["throttled"] = failure(create("throttled", 1000))
	found["error"] = failure(create("error", 1000))
	found["busy"] = failure(create("busy", 1000))
	found["lost_reply"] = must(create("lost", 1000)).ID
	found["unauthorized"] = failure(create("unauthorized", 1000))
	found["truncated"] = failure(create("truncated", 1000))
	body := must(os.ReadFile(os.Getenv("WEBHOOK_BODY")))
	signature := os.Getenv("WEBHOOK_SIGNATURE")
	event := must(webhook.ConstructEvent(body, signature, "whsec_hunter2"))
	found["webhook"] = fields{"type": event.Type, "id": event.GetObjectValue("id")}
	if _, err := webhook.ConstructEvent(append(body, ' '), signature, "whsec_hunter2"); err != nil {
		found["forged"] = "refused"
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		panic(err)
	}
}
