"""The drivers: how the kit reaches an implementation, one module for each way."""
