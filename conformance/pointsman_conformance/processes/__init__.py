"""Processes that the kit starts: they end with it, even when it is killed."""
