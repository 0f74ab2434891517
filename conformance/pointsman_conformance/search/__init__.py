"""The search: chooses the steps to play, measures the coverage of the spec, and shrinks the runs that fail."""
