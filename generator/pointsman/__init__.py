"""Pointsman: one spec of a lifecycle, checked and generated."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("pointsman")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
