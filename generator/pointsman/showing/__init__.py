"""A lifecycle as tables for a person."""
