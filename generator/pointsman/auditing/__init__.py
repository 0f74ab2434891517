"""Audit: what a live table says against its spec. It reads, and never writes."""
