"""Guards and diagrams: a module for each target, and its templates.

`targets.TARGETS` lists them. CONTRIBUTING.md has the recipe to add one.
"""
