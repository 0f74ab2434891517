module example.com/go_client

go 1.23

require github.com/stripe/stripe-go/v84 v84.4.1
