"""A YAML file -> a `Lifecycle`, or a finding for every mistake in it."""
