"""Loads a spec from YAML: a `Lifecycle`, or a finding for every mistake in the file."""
