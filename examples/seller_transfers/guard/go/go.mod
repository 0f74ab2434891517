module example.com/seller_transfers/guard

go 1.21
