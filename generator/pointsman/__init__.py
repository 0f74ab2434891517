"""Pointsman: one spec of a lifecycle, checked and generated."""

# Written here and read by the build: asking the installed package's metadata
# for it would cost every run forty milliseconds.
__version__ = "0.1.0"
