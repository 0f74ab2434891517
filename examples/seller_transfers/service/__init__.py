"""The seller transfer service pays sellers through Stripe Connect and reverses the payment when an order is refunded.

Every change of status asks the generated guard and is one conditional write. The
rules that it follows are those of ``spec/seller_transfer.yaml``.
"""
