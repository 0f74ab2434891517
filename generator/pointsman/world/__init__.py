"""The system around a lifecycle, derived from the spec alone: rows, actors, a provider, and every fault.

`build` turns a lifecycle and a scope into a `System`: variables over small
domains and guarded commands. Checking explores it, rendering exports it, and
neither knows the spec.
"""
