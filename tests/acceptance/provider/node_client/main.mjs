// What a user of stripe-node does: prints what it got as JSON.

import { readFileSync } from "node:fs";
import Stripe from "stripe";

const base = new URL(process.env.STRIPE_API_BASE);
const stripe = new Stripe(process.env.STRIPE_API_KEY, {
  host: base.hostname,
  port: Number(base.port),
  protocol: "http",
  maxNetworkRetries: 2,
  telemetry: false,
});
const one = { amount: 1000, currency: "usd", destination: "acct_7", transfer_group: "7", metadata: { row: "7" } };

const make = (idempotencyKey, amount = 1000) => stripe.transfers.create({ ...one, amount }, { idempotencyKey });

async function failure(act) {
  try {
    await act();
  } catch (problem) {
    return {
      kind: problem.type,
      status: problem.statusCode ?? null,
      type: problem.rawType ?? null,
      code: problem.code ?? null,
      message: problem.message,
    };
  }
  return null;
}

const told = (transfer) => ({ id: transfer.id, back: transfer.amount_reversed, reversed: transfer.reversed });

const found = {};
const first = await make("first");
found.created = { id: first.id, amount: first.amount, row: first.metadata.row };
const again = await make("first");
found.replayed = { id: again.id, header: again.lastResponse.headers["idempotent-replayed"] ?? null };
found.other_parameters = await failure(() => make("first", 999));
const part = await stripe.transfers.createReversal(first.id, { amount: 400 }, { idempotencyKey: "part" });
found.part = { amount: part.amount, transfer: part.transfer, after: told(await stripe.transfers.retrieve(first.id)) };
found.too_much = await failure(() => stripe.transfers.createReversal(first.id, { amount: 700 }));
const rest = await stripe.transfers.createReversal(first.id, {}, { idempotencyKey: "rest" });
found.rest = { amount: rest.amount, after: told(await stripe.transfers.retrieve(first.id)) };
found.once_more = await failure(() => stripe.transfers.createReversal(first.id, {}, { idempotencyKey: "once more" }));
found.reversals = [];
for await (const each of stripe.transfers.listReversals(first.id)) found.reversals.push(each.amount);
await make("second");
await make("third");
found.listed = [];
for await (const each of stripe.transfers.list({ transfer_group: "7", limit: 2 })) found.listed.push(each.id);
found.missing = await failure(() => stripe.transfers.retrieve("tr_none"));
found.throttled = await failure(() => make("throttled"));
found.error = await failure(() => make("error"));
found.busy = await failure(() => make("busy"));
found.lost_reply = (await make("lost")).id;
found.unauthorized = await failure(() => make("unauthorized"));
found.truncated = await failure(() => make("truncated"));
const body = readFileSync(process.env.WEBHOOK_BODY);
const event = stripe.webhooks.constructEvent(body, process.env.WEBHOOK_SIGNATURE, "whsec_hunter2");
found.webhook = { type: event.type, id: event.data.object.id };
try {
  stripe.webhooks.constructEvent(body + " ", process.env.WEBHOOK_SIGNATURE, "whsec_hunter2");
} catch {
  found.forged = "refused";
}
// An answer that the SDK tried again after is never read to its end, and its connection would keep us here.
process.stdout.write(JSON.stringify(found), () => process.exit());
