"""The audit: compares a live table with its spec. It only reads."""
