"""Reads one table of a live database from its catalogue. Nothing here writes."""
