"""Explores a transition system: all of it, or as far as it is allowed to, and says which. Knows states, not specs."""
