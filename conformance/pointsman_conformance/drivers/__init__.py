"""The drivers, each for one way to reach an implementation. `kinds` has the tuple of them."""
