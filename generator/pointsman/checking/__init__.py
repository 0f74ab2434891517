"""Explores a transition system, whole or up to given limits. Knows states, not specs."""
