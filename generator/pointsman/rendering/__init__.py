"""Guards and diagrams: a module for each target, and its templates.

A new target is a module that offers a `Target`, a template beside the others,
and a line in `TARGETS`.
"""
