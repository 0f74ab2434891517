module example.com/go_reversal_worker

go 1.23

require (
	example.com/seller_transfers/guard v0.0.0
	github.com/jackc/pgx/v5 v5.7.1
	github.com/stripe/stripe-go/v84 v84.4.1
)

require (
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	golang.org/x/crypto v0.27.0 // indirect
	golang.org/x/text v0.18.0 // indirect
)

// The generated guard, from the repository of those who own the table.
replace example.com/seller_transfers/guard => ../seller_transfers/guard/go
