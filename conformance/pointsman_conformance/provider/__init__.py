"""The provider: a Stripe-like server on loopback, stateful and faithful, whose ledger is the truth about effects."""
