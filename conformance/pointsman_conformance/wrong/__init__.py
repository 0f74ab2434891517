"""The wrong implementations: each breaks one law, and is failed by that law's test."""
